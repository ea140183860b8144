// The last hour of a node, drawn: load, memory, disks, network, waiting.
import uPlot from "uplot";

type Numbers = (number | null)[];

interface Series {
  times: number[];
  load: Numbers;
  cpus: number;
  memory: Numbers;
  memory_total: number;
  disks: Record<string, Numbers>;
  rx: Numbers;
  tx: Numbers;
  cpu_psi: Numbers;
  memory_psi: Numbers;
  io_psi: Numbers;
}

interface Chart {
  lines: [string, Numbers][];
  // What the scale reaches at least; and what one writes at it.
  top: number;
  written: (value: number) => string;
}

const HEIGHT = 120;
const section = document.getElementById("charts");
const plots = new Map<string, uPlot>();

const bytes = (value: number): string => {
  const units = ["B", "K", "M", "G", "T"];
  let [it, unit] = [value, 0];
  while (it >= 1024 && unit + 1 < units.length) [it, unit] = [it / 1024, unit + 1];
  return `${it < 10 && unit > 0 ? it.toFixed(1) : Math.round(it)}${units[unit]}`;
};

const percent = (value: number): string => `${Math.round(value)}%`;

const charts = (it: Series): Record<string, Chart> => ({
  load: { lines: [["load", it.load]], top: it.cpus, written: (value) => value.toFixed(value < 10 ? 1 : 0) },
  memory: { lines: [["used", it.memory]], top: it.memory_total, written: bytes },
  disks: { lines: Object.entries(it.disks), top: 100, written: percent },
  network: { lines: [["in", it.rx], ["out", it.tx]], top: 1024, written: (value) => `${bytes(value)}/s` },
  pressure: { lines: [["cpu", it.cpu_psi], ["memory", it.memory_psi], ["io", it.io_psi]], top: 5, written: percent },
});

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const INKS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4"];

const options = (chart: Chart, width: number): uPlot.Options => ({
  width,
  height: HEIGHT,
  legend: { live: true },
  cursor: { points: { size: 5 }, drag: { x: false, y: false } },
  scales: { y: { range: (_, __, most) => [0, Math.max(chart.top, most ?? 0)] } },
  axes: [axis(60), { ...axis(26), values: (_, all) => all.map((it) => chart.written(it)), size: 52 }],
  series: [
    { value: (_, it) => (it === null ? "" : new Date(it * 1000).toLocaleTimeString()) },
    ...chart.lines.map(([label], index) => ({
      label,
      stroke: () => colour(INKS[index % INKS.length] as string),
      width: 1.5,
      points: { show: false },
      value: (_: uPlot, it: number | null) => (it === null ? "–" : chart.written(it)),
    })),
  ],
});

const axis = (space: number): uPlot.Axis => ({
  stroke: () => colour("--dim"),
  grid: { stroke: () => colour("--line"), width: 1 },
  ticks: { show: false },
  font: "11px system-ui, sans-serif",
  space: space,
});

const drawn = (figure: HTMLElement, name: string, chart: Chart, times: number[]): void => {
  const data: uPlot.AlignedData = [times, ...chart.lines.map(([, values]) => values)];
  figure.hidden = false;
  const old = plots.get(name);
  if (old && old.series.length === data.length) return old.setData(data);
  old?.destroy();
  const place = figure.querySelector<HTMLElement>(".plot");
  if (!place) return;
  plots.set(name, new uPlot(options(chart, place.clientWidth || 300), data, place));
};

const fetched = async (): Promise<void> => {
  const answer = await fetch(section?.dataset["series"] ?? "");
  if (!answer.ok) return;
  const series = (await answer.json()) as Series;
  const nothing = document.getElementById("charts-empty");
  if (nothing) nothing.hidden = series.times.length > 1;
  if (series.times.length < 2) return;
  for (const [name, chart] of Object.entries(charts(series))) {
    const figure = section?.querySelector<HTMLElement>(`[data-chart="${name}"]`);
    if (figure && chart.lines.some(([, values]) => values.some((it) => it !== null))) drawn(figure, name, chart, series.times);
  }
};

const fitted = (): void => {
  for (const plot of plots.values()) {
    const width = plot.root.parentElement?.clientWidth ?? 0;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  }
};

if (section) {
  section.dataset["own"] = "";
  void fetched();
  document.addEventListener("heard", () => void fetched());
  addEventListener("resize", fitted);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach((it) => it.redraw(false)));
}
