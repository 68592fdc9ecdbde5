// The code is in the fragment, which the browser never sends; it is put into the form and leaves the address bar.
const code = new URLSearchParams(location.hash.slice(1)).get("invitation");
if (code) {
  history.replaceState(null, "", location.pathname);
  document.getElementById("join").code.value = code;
}
