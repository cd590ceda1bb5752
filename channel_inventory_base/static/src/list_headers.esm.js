import {FIELD_WIDTHS} from "@web/views/list/column_width_hook";
import {ListRenderer} from "@web/views/list/list_renderer";
import {patch} from "@web/core/utils/patch";

const MARGIN = 1.05;

function measure(text) {
    const style = window.getComputedStyle(document.body);
    const context = document.createElement("canvas").getContext("2d");
    context.font = `500 ${style.fontSize} ${style.fontFamily}`;
    return Math.ceil(context.measureText(text).width * MARGIN);
}

/** Odoo gives a column of numbers the width of its numbers: room for what it is called. */
function widen(column) {
    const widths = FIELD_WIDTHS[column.widget || column.fieldType];
    const widest = Array.isArray(widths) ? widths[1] : widths;
    if (!widest || !column.hasLabel || column.attrs.width) {
        return column;
    }
    const width = measure(column.label);
    if (width <= widest) {
        return column;
    }
    return {...column, attrs: {...column.attrs, width: `${width}px`}};
}

patch(ListRenderer.prototype, {
    processAllColumn(allColumns, list) {
        const columns = super.processAllColumn(...arguments);
        return list.resModel.startsWith("channel.") ? columns.map(widen) : columns;
    },
});
