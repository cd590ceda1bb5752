import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_edi_overdue_advice", {
    steps: () => [
        {
            content: "A delivery that nobody has reported is told",
            trigger: ".o_kanban_record:contains('has reported nothing of it')",
            run: "click",
        },
        {
            content: "It says what to do",
            trigger: ".o_form_view:contains('have its advice (945) sent again')",
        },
        {
            content: "Open the delivery",
            trigger: "button[name='action_open_record']",
            run: "click",
        },
        {
            content: "It has left, as the warehouse says on the phone",
            trigger: ".o_form_view:contains('OUT') button[name='button_validate']",
            run: "click",
        },
        {
            content: "It is done",
            trigger: ".o_arrow_button_current[data-value='done']",
        },
    ],
});
