// The file's editor: a mistake's place leads to its line, and what was typed is not left by accident.

export const config = (): void => {
  const text = document.querySelector<HTMLTextAreaElement>("form.config textarea");
  if (!text) return;
  const began = text.defaultValue;
  let leaving = false;
  text.form?.addEventListener("submit", () => (leaving = true));
  addEventListener("beforeunload", (it) => {
    if (!leaving && text.value !== began) it.preventDefault();
  });
  text.addEventListener("keydown", (it) => {
    if (it.key !== "Tab" || it.shiftKey || text.readOnly) return;
    it.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
  });
  for (const place of document.querySelectorAll<HTMLElement>(".place[data-line]")) {
    place.tabIndex = 0;
    place.setAttribute("role", "button");
    const lead = (): void => leadTo(text, Number(place.dataset["line"]));
    place.addEventListener("click", lead);
    place.addEventListener("keydown", (it) => it.key === "Enter" && lead());
  }
};

const leadTo = (text: HTMLTextAreaElement, line: number): void => {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 8);
};
