// Makes one piece of a document like another while leaving alone what is the same: focus, folds, selection.

const same = (one: Node, other: Node): boolean =>
  one.nodeType === other.nodeType &&
  one.nodeName === other.nodeName &&
  ((one as Element).id ?? "") === ((other as Element).id ?? "");

// What somebody is in the middle of is theirs: an open fold, a field with words in it.
const kept = (element: Element, name: string): boolean =>
  (name === "open" && (element.nodeName === "DETAILS" || element.nodeName === "DIALOG")) ||
  (name === "value" && element === document.activeElement);

const attributes = (old: Element, fresh: Element): void => {
  for (const { name } of Array.from(old.attributes)) {
    if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of Array.from(fresh.attributes)) {
    if (old.getAttribute(name) !== value && !kept(old, name)) old.setAttribute(name, value);
  }
};

export const morph = (old: Node, fresh: Node): void => {
  if (old instanceof Element && fresh instanceof Element) {
    if (old.hasAttribute("data-own")) return;
    attributes(old, fresh);
  } else if (old.nodeValue !== fresh.nodeValue) {
    old.nodeValue = fresh.nodeValue;
  }
  children(old, fresh);
};

const children = (old: Node, fresh: Node): void => {
  let at: ChildNode | null = old.firstChild;
  for (const next of Array.from(fresh.childNodes)) {
    if (at === null) {
      old.appendChild(next);
      continue;
    }
    if (!same(at, next)) {
      const found = byId(old, next);
      if (found === null) {
        old.insertBefore(next, at);
        continue;
      }
      old.insertBefore(found, at);
      at = found;
    }
    morph(at, next);
    at = at.nextSibling;
  }
  while (at !== null) {
    const gone: ChildNode = at;
    at = at.nextSibling;
    gone.remove();
  }
};

const byId = (old: Node, fresh: Node): ChildNode | null => {
  const id = (fresh as Element).id;
  if (!id) return null;
  const found = Array.from(old.childNodes).find((it) => (it as Element).id === id);
  return found && found.nodeName === fresh.nodeName ? found : null;
};

// Puts markup of this server's own in the place of the element with this id; false: there is none.
export const replaced = (id: string, html: string): boolean => {
  const old = document.getElementById(id);
  if (old === null) return false;
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  if (fresh === null) return false;
  if (old.nodeName === fresh.nodeName) morph(old, fresh);
  else old.replaceWith(fresh);
  return true;
};

// Asks for this page again and makes what is shown like it.
export const again = async (): Promise<void> => {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.redirected || answer.status === 401) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = fresh.getElementById("main");
  const old = document.getElementById("main");
  if (main === null || old === null) return;
  morph(old, main);
  for (const name of ["live", "moment"]) document.body.dataset[name] = fresh.body.dataset[name] ?? "";
  document.title = fresh.title;
  document.dispatchEvent(new Event("shown"));
};
