// What a button will do is asked where one is, instead of on a page of its own.

const asked = async (href: string): Promise<void> => {
  const answer = await fetch(href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("#main > *");
  if (!answer.ok || content === null) {
    location.href = href;
    return;
  }
  const box = document.createElement("dialog");
  box.className = "asked";
  box.dataset["own"] = "";
  box.append(document.adoptNode(content));
  const title = box.querySelector("h1");
  if (title) {
    title.id = "asked-title";
    box.setAttribute("aria-labelledby", title.id);
  }
  document.body.append(box);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (it) => {
    const target = it.target as Element;
    if (target !== box && !target.closest("[data-close]")) return;
    it.preventDefault();
    box.close();
  });
  guarded(box);
  copies(box);
  box.showModal();
};

// A name that has to be typed keeps its button shut until it is.
const guarded = (within: ParentNode): void => {
  for (const field of within.querySelectorAll<HTMLInputElement>("input[data-must]")) {
    const button = field.form?.querySelector<HTMLButtonElement>("button.go");
    const right = (): void => {
      if (button) button.disabled = field.value !== field.dataset["must"];
    };
    right();
    field.addEventListener("input", right);
  }
};

const copies = (within: ParentNode): void => {
  for (const button of within.querySelectorAll<HTMLButtonElement>("button.copy")) {
    button.hidden = !navigator.clipboard;
  }
};

const copied = async (button: HTMLButtonElement): Promise<void> => {
  await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  button.textContent = "copied";
  setTimeout(() => (button.textContent = "copy"), 1200);
};

export const dialogs = (): void => {
  guarded(document);
  copies(document);
  document.addEventListener("shown", () => copies(document));
  document.addEventListener("click", (it) => {
    const target = it.target as Element;
    const copy = target.closest<HTMLButtonElement>("button.copy");
    if (copy) return void copied(copy);
    const link = target.closest<HTMLAnchorElement>("a[data-dialog]");
    if (!link || it.ctrlKey || it.metaKey || it.shiftKey || it.button !== 0) return;
    it.preventDefault();
    void asked(link.href);
  });
};
