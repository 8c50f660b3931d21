// Keeps the page current. Everything is drawn by the server; this puts the pieces
// in, counts the age of values on by itself, and says when nothing comes.
"use strict";

const lostAfter = 5000; // ms without a picture; the server sends one a second
const again = 3000; // ms until a connection that the server refused is tried again

const $ = (id) => document.getElementById(id);
const now = () => performance.now();

// --- pieces -----------------------------------------------------------------

const stamp = (root) => root.querySelectorAll("[data-part]").forEach((part) => { part.since = now(); });

// put replaces a piece, and keeps the focus where it was: on the same button, or on
// the alarms' heading if that is gone.
function put(part, html) {
  const held = part.contains(document.activeElement) ? document.activeElement.id : null;
  part.innerHTML = html;
  part.since = now();
  if (held !== null) ($(held) || $("alarms-title")).focus({ preventScroll: true });
}

function putCard(key, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (!$(key)) {
    stamp(fresh.content);
    $("sessions").append(fresh.content);
    return;
  }
  for (const part of fresh.content.querySelectorAll("[data-part]")) put($(part.id), part.innerHTML);
}

function arrange(order) {
  const list = $("sessions");
  for (const card of [...list.children]) if (!order.includes(card.id)) card.remove();
  if ([...list.children].map((card) => card.id).join() !== order.join()) list.append(...order.map($));
  $("none").hidden = order.length > 0;
}

// --- the age of values ------------------------------------------------------

const ageText = (s) => s < 120 ? `${Math.floor(s)} s ago` : `${Math.floor(s / 60)} min ago`;

function grow() {
  for (const value of document.querySelectorAll("[data-age]")) {
    const part = value.closest("[data-part]");
    const age = Number(value.dataset.age) + (now() - part.since) / 1000;
    value.querySelector(".age").textContent = ageText(age);
    if (age > Number(value.dataset.limit)) value.classList.add("stale");
  }
}

// --- news for screen readers ------------------------------------------------

const told = new Set();
let listening = false;

function tell(news) {
  const fresh = (news || []).filter((one) => !told.has(one.id));
  fresh.forEach((one) => told.add(one.id));
  if (listening && fresh.length) $("announce").textContent = fresh.map((one) => one.text).join(". ");
  listening = true;
}

// --- sound ------------------------------------------------------------------

// Bursts as IEC 60601-1-8 has them: when their pulses begin, and how often they
// come, in seconds.
const bursts = {
  critical: { at: [0, .2, .4, .75, .95, 1.6, 1.8, 2, 2.35, 2.55], every: 7, pitch: 880 },
  warning: { at: [0, .25, .5], every: 10, pitch: 660 },
  low: { at: [0, .3], every: 25, pitch: 520 },
};
let audio = null, priority = "", nextBurst = 0;

function pulse(at, pitch) {
  const tone = audio.createOscillator(), loudness = audio.createGain();
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(.4, at + .02);
  loudness.gain.setValueAtTime(.4, at + .11);
  loudness.gain.linearRampToValueAtTime(0, at + .14);
  tone.connect(loudness).connect(audio.destination);
  tone.start(at);
  tone.stop(at + .15);
}

function sound() {
  const burst = bursts[priority];
  if (!audio || !burst || audio.currentTime < nextBurst) return;
  burst.at.forEach((after) => pulse(audio.currentTime + .05 + after, burst.pitch));
  nextBurst = audio.currentTime + burst.every;
}

function setPriority(next) {
  if (next !== priority) nextBurst = 0;
  priority = next;
  sound();
}

$("sound").hidden = false;
$("sound").addEventListener("click", () => {
  if (audio) {
    audio.close();
    audio = null;
  } else {
    audio = new AudioContext(); // browsers want a click first
    nextBurst = 0;
    pulse(audio.currentTime + .05, bursts.low.pitch);
  }
  $("sound").textContent = audio ? "Sound is on: turn off" : "Sound is off: turn on";
  $("sound").setAttribute("aria-pressed", String(audio !== null));
});

// --- the stream -------------------------------------------------------------

let source = null, last = now(), retry = 0;

function state(message) {
  const event = JSON.parse(message.data);
  last = now();
  lost("");
  for (const [key, html] of Object.entries(event.cards || {})) putCard(key, html);
  for (const [id, html] of Object.entries(event.parts || {})) put($(id), html);
  arrange(event.order);
  $("asof").textContent = event.at.slice(11, 19);
  tell(event.news);
  setPriority(event.sound);
}

function connect() {
  if (source) source.close();
  retry = 0;
  last = now();
  source = new EventSource("/events");
  source.addEventListener("state", state);
  source.addEventListener("error", broken);
}

// broken: the browser connects again by itself, unless the server has refused.
function broken() {
  lost("Connection lost. Nothing on this page is current. Watch the bedside monitors.");
  setPriority("warning");
  if (source.readyState !== EventSource.CLOSED || retry) return;
  retry = setTimeout(connect, again);
  fetch("/", { method: "HEAD", redirect: "manual" }).then((answer) => {
    if (answer.type === "opaqueredirect") lost("You are signed out, and nothing on this page is current. ", "Sign in again");
  }, () => {});
}

function lost(text, link) {
  const banner = $("lost");
  if (banner.textContent === text + (link || "")) return;
  banner.textContent = text;
  if (!link) return;
  const way = document.createElement("a");
  way.href = "/signin";
  way.textContent = link;
  banner.append(way);
}

setInterval(() => {
  grow();
  sound();
  if (now() - last <= lostAfter) return;
  if (source.readyState !== EventSource.OPEN) return; // broken has said so
  broken();
  connect();
}, 1000);

// --- commands ---------------------------------------------------------------

const underWay = new Set();
const saidFor = 20000; // ms that an outcome stands
let unsay = 0;

function say(text) {
  $("said").textContent = text;
  clearTimeout(unsay);
  unsay = setTimeout(() => { $("said").textContent = ""; }, saidFor);
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (form.id !== "commands" || !button) return;
  event.preventDefault();
  if (underWay.has(button.value)) return;
  underWay.add(button.value);
  say("Under way …");
  fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form, button)) })
    .then((answer) => (answer.headers.get("Content-Type") || "").startsWith("application/json") ? answer.json() : answer.text().then((text) => ({ text })))
    .then((said) => say(said.text),
      () => say("It is not known whether this was done: the connection is lost. Go to the room."))
    .finally(() => underWay.delete(button.value));
});

stamp(document);
connect();
