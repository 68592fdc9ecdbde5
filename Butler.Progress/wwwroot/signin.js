// The code is in the fragment, which the browser never sends: it is posted once and removed from the address bar.
const form = document.getElementById("signin");
const state = document.getElementById("state");

const signIn = async (code) => {
  state.textContent = "Signing in…";
  const answer = await fetch("/signin", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code }) }).catch(() => null);
  if (answer?.ok) {
    location.replace("/");
    return;
  }
  const body = await answer?.json().catch(() => null);
  state.textContent = body?.error?.message ?? "Butler does not answer. Is it running?";
  form.code.focus();
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(form.code.value.trim());
});

const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  history.replaceState(null, "", location.pathname);
  signIn(code);
}
