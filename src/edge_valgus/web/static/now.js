// The live page. The server chooses the words; this puts them in place.
import { Figure } from "./figure.js";
import { Feed } from "./feed.js";

const stage = document.getElementById("stage");
const slots = new Map([...document.querySelectorAll("[data-show]")].map((slot) => [slot.dataset.show, slot]));
const lamps = [...document.querySelectorAll("[data-lamp]")];
const lastKnees = document.querySelector(".last-knees");
const notice = document.getElementById("notice");
const linkState = document.getElementById("link-state");
const todayList = document.getElementById("today");
const aimSquats = document.getElementById("aim-squats");
const aimChecks = document.getElementById("aim-checks");
const figure = new Figure(document.getElementById("figure"), Number(stage.dataset.countDepth));

function put(name, text) {
  const slot = slots.get(name);
  // Writing the same text again would make a screen reader say it again.
  if (slot.textContent !== text) slot.textContent = text;
}

function plural(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

// Keeps the items that are there: a list made anew would be read out anew.
function fill(list, items, attribute) {
  while (list.children.length > items.length) list.lastElementChild.remove();
  while (list.children.length < items.length) list.append(document.createElement("li"));
  items.forEach(({ text, says }, index) => {
    const item = list.children[index];
    if (item.textContent !== text) item.textContent = text;
    item.dataset[attribute] = says;
  });
}

function showAim(view) {
  const aim = view.aim;
  stage.dataset.aim = aim?.look ?? "";
  put("aim-step", aim?.step ?? "");
  put("aim-headline", aim ? view.headline : "");
  put("aim-hint", aim ? view.hint : "");
  put("aim-spoken", aim?.spoken ?? "");
  const squats = Array.from({ length: aim?.wanted ?? 0 }, (_, index) => ({ text: String(index + 1), says: index < aim.squats ? "yes" : "no" }));
  fill(aimSquats, squats, "taken");
  fill(aimChecks, (aim?.checks ?? []).map(({ name, right }) => ({ text: name, says: right })), "right");
}

function show(view) {
  stage.dataset.state = view.state;
  const count = view.set.started ? String(view.set.counted) : "–";
  put("set", view.set.started ? `Set ${view.set.number}` : "No set yet");
  put("count", count);
  slots.get("count").dataset.digits = count.length;
  put("partial", view.set.partial ? `+ ${plural(view.set.partial, "partial")}` : "");
  put("spoken", view.set.spoken);
  put("phase", view.phase);
  put("headline", view.headline);
  put("hint", view.hint);
  for (const lamp of lamps) lamp.dataset.on = view.lights[lamp.dataset.lamp] ? "yes" : "no";
  showAim(view);
  put("rig", view.rig_notice ?? "");
  const rep = view.last_rep ?? {};
  for (const part of ["title", "depth", "descent", "ascent", "knees"]) put(`last-${part}`, rep[part] ?? "–");
  lastKnees.dataset.valgus = rep.valgus ?? "";
  put("model", view.model === null ? "" : `${view.model || "no model"}, ${Math.round(view.fps ?? 0)} pictures per second`);
  if (!("fixed" in notice.dataset)) {
    notice.textContent = view.model_notice ?? notice.dataset.stored ?? "";
    notice.hidden = !notice.textContent;
  }
  figure.show(view);
}

let listVersion = null;

async function refreshList(version) {
  if (version === listVersion) return;
  const first = listVersion === null;
  listVersion = version;
  if (first) return; // the page came with this list
  try {
    const answer = await fetch("/fragments/today", { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const scratch = document.createElement("template");
    scratch.innerHTML = await answer.text(); // our own server's rendering, escaped there
    const focused = document.activeElement?.getAttribute("href");
    const inList = todayList.contains(document.activeElement);
    todayList.replaceChildren(scratch.content);
    if (inList && focused) todayList.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  } catch {
    listVersion = ""; // anything but null: the next version word fetches again
  }
}

const feed = new Feed({
  heartbeatMs: 1000 * Number(stage.dataset.heartbeatS),
  onNow: show,
  onToday: refreshList,
  onLink(state, words) {
    linkState.dataset.link = state;
    put("link", words);
    if (state === "lost") {
      stage.dataset.state = "stopped";
      for (const lamp of lamps) lamp.dataset.on = "no";
      put("phase", "–");
      put("headline", "No connection to the box");
      put("hint", "Is the phone in the same Wi-Fi? This page keeps trying.");
      figure.show({ skeleton: null, depth: null, flagged: {}, state: "stopped" });
    }
  },
});
feed.start();
