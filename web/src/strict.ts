// xterm.js writes style elements and style attributes as text, which the page's policy refuses. The same style by
// way of sheets and properties is allowed, so it is led there.

export const strict = (): void => {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    // Even an empty style element is refused, so there is none: what stands in for it shows nothing.
    return name.toLowerCase() === "style" ? sheeted(create("template")) : create(name, options);
  }) as typeof document.createElement;
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name: string, value: string): void {
    if (name === "style" && this instanceof HTMLElement) this.style.cssText = value;
    else set.call(this, name, value);
  };
};

// An element whose text is a sheet of the document.
const sheeted = (element: HTMLElement): HTMLElement => {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "sheet", { get: () => sheet });
  Object.defineProperty(element, "textContent", {
    get: () => Array.from(sheet.cssRules, (it) => it.cssText).join("\n"),
    set: (text: string) => sheet.replaceSync(text),
  });
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((it) => it !== sheet);
    remove();
  };
  return element;
};
