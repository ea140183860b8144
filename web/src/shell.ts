// One terminal: its socket, its size, how much of it was shown, and the way back when the connection breaks off.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";

export interface Place {
  node: string;
  container: string;
}

type Stage = "opening" | "open" | "cut" | "ended";

// Bytes shown before the server is told so; it waits when too much is not yet shown.
const TELL_EVERY = 32_768;
// Milliseconds before each new try, then none.
const AGAIN = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

const token = (): string => document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";

const theme = (): ITheme => {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return { background: of("--term"), foreground: of("--term-ink"), cursor: of("--accent"), cursorAccent: of("--term"), selectionBackground: of("--term-chosen") };
};

export class Shell {
  private readonly screen: Terminal;
  private readonly fit = new FitAddon();
  private socket: WebSocket | null = null;
  private session = "";
  private shown = 0;
  private tries = 0;
  stage: Stage = "opening";

  constructor(
    readonly place: Place,
    readonly pane: HTMLElement,
    private readonly staged: () => void,
  ) {
    this.screen = new Terminal({
      fontFamily: "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      fontSize: 13,
      scrollback: 5_000,
      cursorBlink: false,
      screenReaderMode: false,
      theme: theme(),
    });
    this.screen.loadAddon(this.fit);
    this.screen.open(pane);
    this.screen.onData((it) => this.send(new TextEncoder().encode(it)));
    this.screen.onBinary((it) => this.send(Uint8Array.from(it, (letter) => letter.charCodeAt(0))));
    this.screen.onResize(() => this.sized());
    new ResizeObserver(() => this.fitted()).observe(pane);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.screen.options.theme = theme()));
    void this.connect();
  }

  get name(): string {
    return this.place.container ? `${this.place.container} · ${this.place.node}` : this.place.node;
  }

  focus(): void {
    this.fitted();
    this.screen.focus();
  }

  close(): void {
    this.stage = "ended";
    this.socket?.close();
    this.screen.dispose();
    this.pane.remove();
  }

  private fitted(): void {
    if (this.pane.offsetParent !== null) this.fit.fit();
  }

  private sized(): void {
    this.control({ resize: [this.screen.cols, this.screen.rows] });
  }

  private control(what: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(what));
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  private async connect(): Promise<void> {
    this.to("opening");
    try {
      const answer = await fetch("/api/v1/terminal/ticket", {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": token() },
        body: JSON.stringify({ ...this.place, session: this.session, columns: this.screen.cols, rows: this.screen.rows }),
      });
      if (!answer.ok) return this.refused(await answer.text());
      const { url } = (await answer.json()) as { url: string };
      this.opened(new WebSocket(new URL(url, location.href.replace(/^http/, "ws"))));
    } catch {
      this.again();
    }
  }

  private refused(why: string): void {
    let text = why;
    try {
      const value = JSON.parse(why) as { detail?: string; error?: string; title?: string };
      text = value.detail ?? value.error ?? value.title ?? why;
    } catch {
      // It was text.
    }
    this.ended(text.slice(0, 300));
  }

  private opened(socket: WebSocket): void {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.tries = 0;
      this.to("open");
      this.fitted();
      this.sized();
    });
    socket.addEventListener("message", (it: MessageEvent<ArrayBuffer | string>) => {
      if (typeof it.data === "string") this.told(JSON.parse(it.data));
      else this.write(new Uint8Array(it.data));
    });
    socket.addEventListener("close", () => this.again());
  }

  private told(what: { session?: string; end?: string }): void {
    if (what.session !== undefined) this.session = what.session;
    if (what.end !== undefined) this.ended(what.end);
  }

  private write(bytes: Uint8Array): void {
    this.screen.write(bytes, () => {
      this.shown += bytes.length;
      if (this.shown < TELL_EVERY) return;
      this.control({ ack: this.shown });
      this.shown = 0;
    });
  }

  private again(): void {
    if (this.stage === "ended") return;
    const wait = AGAIN[this.tries];
    if (wait === undefined) return this.ended("the connection broke off");
    this.tries += 1;
    this.to("cut");
    setTimeout(() => this.stage === "cut" && void this.connect(), wait);
  }

  private ended(why: string): void {
    if (this.stage === "ended") return;
    this.to("ended");
    this.socket?.close();
    // Words of ours between lines of theirs: told apart by their dimness.
    const plain = why.replace(/\p{Cc}/gu, " ");
    this.screen.write(`\r\n\x1b[2m— ${plain} —\x1b[0m\r\n`);
  }

  private to(stage: Stage): void {
    this.stage = stage;
    this.staged();
  }
}
