// The report's own script: draws the plots and sorts the tables. Runs in the reader's browser, where it
// finds uPlot and the numbers in the page itself.
"use strict";
/* global uPlot */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { hours, intervals, feeders, prices } = data;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const plots = [];
  let feederView = "net";

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // The last interval has an end, too: without it the last step would have no width.
  const closed = (list) => [...list, list.length > 0 ? list[list.length - 1] : null];
  const clock = (hour) => {
    const minutes = Math.round(hour * 60);
    const two = (value) => String(value).padStart(2, "0");
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  };
  const number = (value, digits) =>
    value == null
      ? ""
      : value.toLocaleString("en", {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
        });

  function axes(small, tick) {
    const shared = {
      stroke: colour("soft"),
      grid: { stroke: colour("grid"), width: 1 },
      ticks: { stroke: colour("grid"), width: 1, size: 4 },
      font: `${small ? 11 : 12}px system-ui, sans-serif`,
    };
    return [
      {
        ...shared,
        incrs: [1, 2, 3, 4, 6, 12, 24],
        space: small ? 40 : 52,
        size: small ? 26 : 32,
        values: (_plot, splits) => splits.map(clock),
      },
      {
        ...shared,
        space: small ? 26 : 34,
        size: small ? 40 : 50,
        values: (_plot, splits) => splits.map(tick),
      },
    ];
  }

  function draw(holder, { series, bands, range, small, tick = String, columns }) {
    const height = small ? 130 : Math.max(220, Math.min(320, holder.clientWidth * 0.45));
    const options = {
      width: Math.max(200, holder.clientWidth),
      height,
      padding: [8, small ? 16 : 20, 0, 0],
      scales: { x: { time: false }, y: { range } },
      axes: axes(small, tick),
      series: [
        { label: "time", value: (_plot, value) => (value == null ? "" : clock(value)) },
        ...series,
      ],
      bands,
      cursor: { y: false, drag: { x: true, y: false }, points: { size: small ? 4 : 6 } },
      legend: {
        show: !small,
        markers: { dash: (plot, at) => (plot.series[at].dash ? "dashed" : "solid") },
      },
      hooks: {
        setCursor: [(plot) => plot.root.classList.toggle("idle", plot.cursor.idx == null)],
        ready: [(plot) => plot.root.classList.add("idle")],
      },
    };
    plots.push({
      holder,
      plot: new uPlot(options, [closed0(hours), ...columns.map(closed)], holder),
    });
  }

  /** Begins of all intervals and the end of the last. */
  function closed0(list) {
    const step = list.length > 1 ? list[1] - list[0] : 1;
    return [...list, list.length > 0 ? list[list.length - 1] + step : 0];
  }

  function line(label, name, more = {}) {
    return {
      label,
      stroke: colour(name),
      width: 2,
      paths: stepped,
      points: { show: false },
      value: (_plot, value) => number(value, 2),
      ...more,
    };
  }

  const fromZero = (_plot, _least, most) => [0, most > 0 ? most * 1.06 : 1];

  function drawEnergy(holder) {
    draw(holder, {
      columns: [intervals.traded, intervals.produced, intervals.consumed],
      range: fromZero,
      series: [
        line("traded", "trade", { fill: colour("trade-fill"), width: 1.5 }),
        line("produced", "production"),
        line("consumed", "consumption", { dash: [6, 3] }),
      ],
    });
  }

  function drawShare(holder) {
    const value = (_plot, share) => (share == null ? "" : `${number(share, 1)} %`);
    draw(holder, {
      columns: [intervals.shareOfConsumption, intervals.shareOfProduction],
      range: [0, 100],
      tick: (share) => `${share} %`,
      series: [
        line("of consumption", "consumption", { value, fill: colour("band") }),
        line("of production", "production", { value, dash: [6, 3] }),
      ],
    });
  }

  function drawPrice(holder) {
    const flat = (value) => hours.map(() => value);
    const value = (_plot, price) => number(price, 3);
    const top = Math.max(
      prices.retail,
      prices.feedIn,
      ...intervals.priceMax.filter((each) => each != null),
    );
    draw(holder, {
      columns: [
        flat(prices.retail),
        flat(prices.feedIn),
        intervals.priceMax,
        intervals.priceMin,
        intervals.priceMean,
      ],
      range: [0, top * 1.1 || 1],
      tick: (price) => price.toFixed(2),
      bands: [
        { series: [1, 2], fill: colour("band") },
        { series: [3, 4], fill: colour("trade-fill") },
      ],
      series: [
        line("retail", "limit", { dash: [6, 4], width: 1.5, value }),
        line("feed-in", "consumption", { dash: [2, 3], width: 1.5, value }),
        line("highest", "trade", { width: 0.75, value }),
        line("lowest", "trade", { width: 0.75, value }),
        line("average", "trade", { width: 2.5, value }),
      ],
    });
  }

  /** All feeders share one scale; a limit far beyond every flow is told in words instead. */
  function feederRange() {
    const up = (view) =>
      view === "net" ? (each) => each.net : (each) => [...each.sold, ...each.bought];
    const flows = feeders.flatMap((each) => up(feederView)(each).map(Math.abs));
    const limits = feeders.flatMap((each) => each[feederView === "net" ? "external" : "internal"]);
    const flow = Math.max(0, ...flows);
    const limit = Math.max(0, ...limits.filter((each) => each != null));
    const most = (limit <= 4 * flow ? Math.max(flow, limit) : flow) * 1.08 || 1;
    return [-most, most];
  }

  function drawFeeder(holder, feeder, range) {
    const limits = feederView === "net" ? feeder.external : feeder.internal;
    const negative = (list) => list.map((each) => (each == null ? null : -each));
    const limit = (label) => line(label, "limit", { dash: [5, 4], width: 1.5 });
    const flows =
      feederView === "net"
        ? [line("net", "trade", { fill: colour("trade-fill"), width: 1.5 })]
        : [
            line("sold", "production", { width: 1.5 }),
            line("bought", "consumption", { width: 1.5 }),
          ];
    draw(holder, {
      small: true,
      range,
      tick: (value) => String(Number(value.toFixed(2))),
      columns: [
        ...(feederView === "net" ? [feeder.net] : [feeder.sold, negative(feeder.bought)]),
        limits,
        negative(limits),
      ],
      series: [...flows, limit("limit"), limit("limit")],
    });
  }

  function drawAll() {
    for (const { plot } of plots.splice(0)) plot.destroy();
    const byName = { energy: drawEnergy, share: drawShare, price: drawPrice };
    for (const [name, drawOne] of Object.entries(byName))
      drawOne(document.getElementById(`plot-${name}`));
    drawFeeders();
  }

  function drawFeeders() {
    const isFeeder = ({ holder }) => holder.dataset.feeder !== undefined;
    for (const { plot } of plots.filter(isFeeder)) plot.destroy();
    plots.splice(0, plots.length, ...plots.filter((each) => !isFeeder(each)));
    const range = feederRange();
    for (const holder of document.querySelectorAll("[data-feeder]"))
      drawFeeder(holder, feeders[Number(holder.dataset.feeder)], range);
    for (const part of document.querySelectorAll("[data-view]"))
      if (part.tagName === "BUTTON")
        part.setAttribute("aria-pressed", String(part.dataset.view === feederView));
      else part.hidden = part.dataset.view !== feederView;
  }

  function sortBy(table, column, header) {
    const isDown = header.getAttribute("aria-sort") === "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", isDown ? "ascending" : "descending");
    const valueOf = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) =>
      valueOf(b).localeCompare(valueOf(a), "en", { numeric: true }),
    );
    const isNumber = rows.every((row) => /^-?\d+$/.test(valueOf(row)));
    if (isNumber) rows.sort((a, b) => Number(valueOf(b)) - Number(valueOf(a)));
    body.append(...(isDown ? rows.reverse() : rows));
  }

  for (const table of document.querySelectorAll("table[data-sortable]"))
    [...table.tHead.rows[0].cells].forEach((header, column) =>
      header.querySelector("button").addEventListener("click", () => sortBy(table, column, header)),
    );
  for (const button of document.querySelectorAll("button[data-view]"))
    button.addEventListener("click", () => {
      feederView = button.dataset.view;
      drawFeeders();
    });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    drawAll();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.theme;
    drawAll();
  });
  new ResizeObserver(() => {
    for (const { holder, plot } of plots)
      if (Math.abs(holder.clientWidth - plot.width) > 1)
        plot.setSize({ width: Math.max(200, holder.clientWidth), height: plot.height });
  }).observe(document.querySelector("main"));
  drawAll();
})();
