// Where the live state comes from: the event stream; asking once a second when all its places are taken.

const ASK_EVERY_MS = 1000;
const REFUSED_FOR_MS = 20000;
const BROKEN_FOR_MS = 2000;

export class Feed {
  constructor({ heartbeatMs, onNow, onToday, onLink }) {
    Object.assign(this, { heartbeatMs, onNow, onToday, onLink });
    this.source = null;
    this.timer = 0;
    this.streamAgainAt = 0;
  }

  start() {
    // A hidden page gives its place to somebody who looks, and spares the phone's battery.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.stream()));
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => event.persisted && this.stream());
    if (!document.hidden) this.stream();
  }

  stop() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
  }

  stream() {
    this.stop();
    const source = new EventSource("/api/stream");
    this.source = source;
    // A phone that left the Wi-Fi gets no error for minutes, and must not show an old moment as if it were now.
    const listen = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.giveUp(source, BROKEN_FOR_MS), 3 * this.heartbeatMs + 500);
    };
    listen();
    source.addEventListener("beat", listen);
    source.addEventListener("now", (event) => {
      listen();
      this.heard("live", "Live");
      this.onNow(JSON.parse(event.data));
    });
    source.addEventListener("today", (event) => {
      listen();
      this.heard("live", "Live");
      this.onToday(JSON.parse(event.data).version);
    });
    source.addEventListener("error", () => {
      this.giveUp(source, source.readyState === EventSource.CLOSED ? REFUSED_FOR_MS : BROKEN_FOR_MS);
    });
  }

  // Whether all places are taken or the box is away, asking tells.
  giveUp(source, waitMs) {
    if (source !== this.source) return;
    this.stop();
    this.streamAgainAt = Date.now() + waitMs;
    this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    try {
      const answer = await fetch("/api/now", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const body = await answer.json();
      this.heard("asking", "Live, once a second");
      this.onNow(body.view);
      this.onToday(body.today);
    } catch {
      this.streamAgainAt = 0;
      this.lost = true;
      this.onLink("lost", "No connection to the box");
    }
    if (document.hidden || this.source) return;
    if (!this.lost && Date.now() >= this.streamAgainAt) return this.stream();
    this.timer = setTimeout(() => this.ask(), ASK_EVERY_MS);
  }

  heard(state, words) {
    this.lost = false;
    this.onLink(state, words);
  }
}
