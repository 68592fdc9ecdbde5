// Local times, live bars, and what the page does without a reload. Everything works without it, only less quickly.
const words = { pending: "Waiting", processing: "Importing", completed: "Up to date", failed: "Stopped" };
const number = (n) => n.toLocaleString("en");

const times = (root) => {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-time]")) {
    const time = new Date(element.dateTime);
    const today = time.toDateString() === now.toDateString();
    const style = element.dataset.time === "exact" ? { dateStyle: "medium", timeStyle: "short" }
      : today ? { timeStyle: "short" }
      : time.getFullYear() === now.getFullYear() ? { day: "numeric", month: "short" } : { dateStyle: "medium" };
    element.textContent = new Intl.DateTimeFormat(undefined, style).format(time);
    element.title = time.toLocaleString();
  }
};

const span = (minutes) => (minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`);

const finish = (low, high) => {
  if (!low || !high) return "";
  const [least, most] = [low, high].map((t) => Math.max(0, Math.round((new Date(t) - Date.now()) / 60000)));
  if (most < 1) return "less than a minute left";
  if (least === most) return `about ${span(most)} left`;
  return `about ${least < 1 ? "1" : most < 120 ? least : span(least)} to ${span(most)} left`;
};

// The last event of each account.
const newest = new Map();

// Cards, tiles and lists as the server draws them now.
let refreshing, again;
const refresh = () => {
  // What is on its way may have been drawn before the reason for this call.
  again = Boolean(refreshing);
  refreshing ??= fetch(location.href, { headers: { accept: "text/html" } })
    .then((answer) => (answer.redirected ? location.reload() : answer.text()))
    .then((html) => {
      if (!html) return;
      const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("main");
      const main = document.getElementById("main");
      if (!fresh || main.contains(document.activeElement)) return;
      main.replaceChildren(...fresh.childNodes);
      // The server drew this before the newest events came: no bar may fall back to it.
      for (const card of main.querySelectorAll("[data-account]")) {
        const sync = newest.get(card.dataset.account);
        if (sync && sync.job_id === card.dataset.sync) show(card, sync);
      }
      times(main);
    })
    .catch(() => {})
    .finally(() => {
      refreshing = undefined;
      if (again) refresh();
    });
};

// The same words as Show.Counts.
const counts = ({ processed_emails: processed, total_emails: total, total_known: known }) =>
  total > 0 ? `${number(processed)} of ${number(total)}${known ? "" : " found so far"}` : known ? "No mail here" : "Looking for mail";

const show = (card, sync) => {
  const field = (name) => card.querySelector(`[data-field="${name}"]`);
  if (!field("bar")) return refresh();
  // The bar never falls, whatever arrives in whatever order.
  if (sync.version < Number(card.dataset.version ?? 0)) return;
  card.dataset.version = sync.version;
  field("bar").value = sync.progress;
  field("percent").textContent = `${number(sync.progress)} %`;
  field("counts").textContent = counts(sync);
  field("finish").textContent = finish(sync.eta_low, sync.eta_high);
  field("failed").hidden = sync.failed_emails === 0;
  field("failed").textContent = `${number(sync.failed_emails)} failed`;
  const status = field("status");
  if (status) {
    status.textContent = words[sync.status];
    status.className = `pill ${sync.status}`;
  }
  if (card.dataset.status !== sync.status) {
    card.dataset.status = sync.status;
    document.getElementById("live").textContent = `${card.querySelector("h3").textContent}: ${words[sync.status]}`;
    setTimeout(refresh, 1500);
  }
};

times(document);
for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.submit());
}

if (document.getElementById("live")) {
  const events = new EventSource("/events");
  events.addEventListener("sync", (event) => {
    const sync = JSON.parse(event.data);
    newest.set(sync.account_id, sync);
    const card = document.querySelector(`[data-account="${CSS.escape(sync.account_id)}"]`);
    if (!card) return refresh();
    if (card.dataset.sync !== sync.job_id) {
      // A new import has begun: its version starts again, and its buttons are others.
      card.dataset.sync = sync.job_id;
      card.dataset.version = 0;
      card.dataset.status = "";
    }
    show(card, sync);
  });
  // While something runs, what is sorted already grows.
  setInterval(() => {
    if (!document.hidden && document.querySelector('[data-status="processing"]')) refresh();
  }, 10000);
}
