// `node files.mjs LINK FOLDER KIND`: somebody in front of the page of a cluster file whose nodes nobody reaches:
// `whole` as people have it for sc, `bare` without a diagram, `unpaired` with an item that is no pair.
import { DESK, Person, accessible, begun, fits, kept, right, until } from "./browser.mjs";

const [link, folder, kind] = process.argv.slice(2);
const base = new URL(link).origin;

const overview = async (person, services) => {
  const page = await person.opens("/");
  for (const name of services) right((await page.locator(`#matrix tr[data-name="${name}"]`).count()) === 1, `${name} has a row`);
  // Nobody answers there, and that is what is shown: never something good.
  await until("the nodes are away", async () => (await page.locator("#matrix th.node.away").count()) > 0, 60_000);
  right((await page.locator("#matrix td.c.good").count()) === 0, "nothing is good that nobody has seen");
  await accessible(page, `overview, ${kind}`);
  await fits(page, `overview, ${kind}`);
  await kept(page, folder, `overview-${kind}`);
};

const KINDS = {
  whole: async (person) => {
    await overview(person, ["proxy", "board", "docker.postgres", "mongod", "sshd"]);
    for (const service of ["board", "mongod"]) {
      const page = await person.opens(`/service/${service}`);
      right((await page.textContent("h1"))?.includes(service), `${service} has its page`);
    }
    const page = await person.opens("/diagram");
    right((await page.locator(".picture svg").count()) === 1, "the diagram is a picture");
    right((await page.textContent(".picture"))?.includes("board"), "with what the file says in it");
    await accessible(page, "diagram, whole");
    await kept(page, folder, "diagram-whole");
  },
  bare: async (person) => {
    await overview(person, ["one"]);
    const page = await person.opens("/diagram");
    right((await page.locator(".picture svg").count()) === 1, "without a text it is drawn from the services");
    right((await page.textContent(".page-head"))?.includes("drawn from the services"), "and says so");
    await kept(page, folder, "diagram-bare");
  },
  unpaired: async (person) => {
    await overview(person, ["one", "two"]);
    const page = await person.opens("/diagram");
    const told = await page.textContent(".notices");
    right(told?.includes("two") && told.includes("node-a"), `what is no pair is told: ${told}`);
    right((await page.locator(".picture svg").count()) === 1, "and the rest is drawn");
    await accessible(page, "diagram, unpaired");
    await kept(page, folder, "diagram-unpaired");
  },
};

const browser = await begun();
try {
  const person = await Person.comes(browser, base, { viewport: DESK });
  await (await person.logsIn(link)).close();
  await KINDS[kind](person);
  await person.leaves();
} finally {
  await browser.close();
}
