// Where the live state comes from: the event stream; asking once a second when all its places are taken.

const ASK_EVERY_MS = 1000;
const TRY_STREAM_AGAIN_MS = 20000;

export class Feed {
  constructor({ onNow, onToday, onLink }) {
    Object.assign(this, { onNow, onToday, onLink });
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
    source.addEventListener("now", (event) => {
      this.heard("live", "Live");
      this.onNow(JSON.parse(event.data));
    });
    source.addEventListener("today", (event) => {
      this.heard("live", "Live");
      this.onToday(JSON.parse(event.data).version);
    });
    source.addEventListener("error", () => {
      // CLOSED means refused (all places taken) or a server that is away: asking tells which.
      if (source !== this.source) return;
      this.stop();
      this.streamAgainAt = Date.now() + TRY_STREAM_AGAIN_MS;
      this.ask();
    });
  }

  async ask() {
    clearTimeout(this.timer);
    try {
      const answer = await fetch("/api/now", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const body = await answer.json();
      if (this.lost) return this.stream();
      this.heard("asking", "Live, once a second");
      this.onNow(body.view);
      this.onToday(body.today);
    } catch {
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
