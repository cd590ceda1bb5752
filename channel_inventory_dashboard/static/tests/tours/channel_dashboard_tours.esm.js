import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_overview", {
    steps: () => [
        {
            content: "How current the quantities are, in a sentence",
            trigger: ".o_channel_sentence:contains('quantities are current')",
        },
        {
            content: "Charts are drawn",
            trigger: ".o_channel_overview canvas",
        },
        {
            content: "What is held back",
            trigger: ".o_channel_tile[data-kind='hidden']:contains('3')",
            run: "click",
        },
        {
            content: "The row behind it",
            trigger: ".o_data_row:contains('Product 1')",
        },
        {
            content: "And back",
            trigger: ".breadcrumb-item:contains('Overview') a",
            run: "click",
        },
        {
            content: "What is not well is named, and a click away",
            trigger:
                ".o_channel_headline .o_channel_reason:contains('Tour Channel: Changed on the channel')",
            run: "click",
        },
        {
            content: "What happened, and what to do, at once",
            trigger: ".o_form_view:contains('Somebody changed 7 to 12')",
        },
        {
            content: "And back",
            trigger: ".breadcrumb-item:contains('Overview') a",
            run: "click",
        },
        {
            content: "Why not all is well: first click",
            trigger: ".o_channel_card:contains('Tour Channel') .o_channel_exceptions",
            run: "click",
        },
        {
            content: "Second click: the exception",
            trigger:
                ".o_kanban_record:contains('Somebody changed'), .o_data_row:contains('Somebody changed') .o_data_cell",
            run: "click",
        },
        {
            content: "What happened, and what to do",
            trigger: ".o_form_view:contains('Somebody changed 7 to 12')",
        },
    ],
});

/** The spreadsheet's own model, wherever it is on the page. */
function findModel() {
    const nodes = [odoo.__WOWL_DEBUG__.root.__owl__];
    while (nodes.length) {
        const node = nodes.pop();
        const model = node.component?.props?.model;
        if (model?.getters?.getEvaluatedCells) {
            return model;
        }
        nodes.push(...Object.values(node.children));
    }
    return null;
}

function readCells(model) {
    return model.getters
        .getSheetIds()
        .flatMap((sheetId) => [...model.getters.getEvaluatedCells(sheetId)]);
}

/** Text is drawn on a canvas: what is in the cells is asked of the model. */
async function checkCells(name) {
    for (let attempt = 0; attempt < 100; attempt++) {
        const model = findModel();
        const cells = model ? readCells(model) : [];
        const isLoading = cells.some((cell) => cell.value === "Loading...");
        if (cells.length > 20 && !isLoading) {
            const wrong = cells.filter((cell) => cell.type === "error");
            if (wrong.length) {
                throw new Error(`${name}: ${wrong[0].value} ${wrong[0].message}`);
            }
            for (const sheetId of model.getters.getSheetIds()) {
                for (const chartId of model.getters.getChartIds(sheetId)) {
                    const chart = model.getters.getChartRuntime(chartId);
                    if ("keyValue" in chart && !String(chart.keyValue)) {
                        throw new Error(`${name}: a figure is empty`);
                    }
                }
            }
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${name}: it is still loading`);
}

registry.category("web_tour.tours").add("channel_spreadsheets", {
    steps: () => [
        {
            content: "What it costs",
            trigger: ".o_search_panel li:contains('What It Costs')",
            run: "click",
        },
        {
            content: "No cell of it is an error",
            trigger: ".o_search_panel li.active:contains('What It Costs'), .o-figure",
            run: () => checkCells("What It Costs"),
        },
        {
            content: "How it runs",
            trigger: ".o_search_panel li:contains('How It Runs')",
            run: "click",
        },
        {
            content: "No cell of it is an error",
            trigger: ".o_search_panel li.active:contains('How It Runs'), .o-figure",
            run: () => checkCells("How It Runs"),
        },
    ],
});
