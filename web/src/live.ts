// What changes by itself: one stream per tab, shut while nobody sees it.
import { again, replaced } from "./morph.js";
import { heard } from "./times.js";

interface Part {
  id: string;
  html: string;
}

// Between two askings for a whole page, in milliseconds.
const CALM = 400;
// How old the figures of a page may become that is not told of each of them.
const FIGURES = 15_000;

let stream: EventSource | null = null;
let asked = Date.now();
let waiting = false;

export const askAgain = (): void => {
  if (waiting) return;
  waiting = true;
  const rest = Math.max(0, asked + CALM - Date.now());
  setTimeout(async () => {
    asked = Date.now();
    waiting = false;
    try {
      await again();
    } catch {
      trouble(true);
    }
  }, rest);
};

const patched = (parts: Part[]): void => {
  const missing = parts.filter((it) => !replaced(it.id, it.html));
  if (missing.length > 0) askAgain();
  document.dispatchEvent(new Event("shown"));
};

const summed = (sum: { title: string; sign: string }): void => {
  const own = document.body.dataset["title"] ?? "";
  const cluster = document.title.slice(document.title.lastIndexOf(" · "));
  document.title = `${sum.title}${own}${cluster}`;
  const icon = document.querySelector<HTMLLinkElement>("#icon");
  const found = icon?.dataset["icons"]?.split(" ").find((it) => it.startsWith(`${sum.sign}=`));
  if (icon && found) icon.href = found.slice(sum.sign.length + 1);
};

// Says that what is shown may be old: the server is gone, or the way to it.
const trouble = (is: boolean): void => {
  document.body.classList.toggle("cut", is);
  let said = document.getElementById("cut");
  if (!is) {
    said?.remove();
    return;
  }
  if (said) return;
  said = document.createElement("p");
  said.id = "cut";
  said.setAttribute("role", "alert");
  said.textContent = "No word from wharf web. What is shown is as old as it says; trying again.";
  document.body.append(said);
};

const open = (): void => {
  const on = document.body.dataset["live"];
  if (!on || stream || document.hidden) return;
  // What is shown already need not come again.
  const moment = document.body.dataset["moment"] ?? "";
  stream = new EventSource(`/events?on=${encodeURIComponent(on)}${moment ? `&moment=${moment}` : ""}`);
  const on_event = <T>(name: string, does: (value: T) => void): void =>
    stream?.addEventListener(name, (it) => {
      const { data, lastEventId } = it as MessageEvent<string>;
      does(JSON.parse(data || "null") as T);
      if (lastEventId) document.body.dataset["moment"] = lastEventId;
    });
  on_event<Part[]>("patch", patched);
  on_event<{ title: string; sign: string }>("sum", summed);
  on_event<Record<string, number>>("at", (it) => {
    heard(it);
    document.dispatchEvent(new Event("heard"));
    if (document.body.dataset["live"]?.startsWith("service/") && Date.now() - asked > FIGURES) askAgain();
  });
  stream.addEventListener("changed", askAgain);
  let lost = false;
  stream.addEventListener("open", () => {
    trouble(false);
    if (lost) askAgain();
    lost = false;
  });
  stream.addEventListener("error", () => {
    lost = true;
    // A stream that was refused for good does not try by itself.
    if (stream?.readyState === EventSource.CLOSED) {
      shut();
      setTimeout(open, 3000);
    }
    setTimeout(() => lost && trouble(true), 1500);
  });
};

const shut = (): void => {
  stream?.close();
  stream = null;
};

export const live = (): void => {
  open();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return shut();
    if (!stream && document.body.dataset["live"]) askAgain();
    open();
  });
  addEventListener("pagehide", shut);
  document.addEventListener("shown", () => {
    if (!document.body.dataset["live"]) shut();
  });
};
