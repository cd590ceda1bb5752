import {inputFiles} from "@web/../tests/utils";
import {registry} from "@web/core/registry";

const SAMPLE = [
    "ISA*00*          *00*          *ZZ*NEWMART        *ZZ*US             " +
        "*261201*1000*U*00401*000000001*0*P*>",
    "GS*PO*NEWMART*US*20261201*1000*1*X*004010",
    "ST*850*0001",
    "BEG*00*SA*4711**20261201",
    "N1*ST*NewMart DC 1*92*DC1",
    "N3*1 Depot Road",
    "N4*Joliet*IL*60431*US",
    "PO1*1*2*EA*5.00**VN*SKU-1",
    "CTT*1",
    "SE*8*0001",
    "GE*1*1",
    "IEA*1*000000001",
    "",
].join("~\n");
const SAMPLE_FILE = () => new window.File([SAMPLE], "850.edi", {type: "text/plain"});

const openMenu = (menu) => [
    {
        content: "Open the section of the menu",
        trigger: "button[data-menu-xmlid='channel_edi.channel_edi_menu']",
        run: "click",
    },
    {
        content: `Choose ${menu}`,
        trigger: `.o-dropdown-item[data-menu-xmlid='channel_edi.${menu}']`,
        run: "click",
    },
];

const chooseFile = (dialog) => [
    {
        content: "Choose the file",
        trigger: `${dialog} .o_field_widget[name='data']`,
        async run() {
            await inputFiles(
                `${dialog} .o_field_widget[name='data'] input[type=file]`,
                [SAMPLE_FILE()]
            );
        },
    },
];

registry.category("web_tour.tours").add("channel_edi_newcomer", {
    steps: () => [
        ...openMenu("channel_edi_partner_menu"),
        ...chooseFile(".modal"),
        {
            content: "What the file shows is filled in",
            trigger: ".modal .o_field_widget[name='found']:contains('850')",
        },
        {
            content: "Choose the warehouse",
            trigger: ".modal .o_field_widget[name='warehouse_id'] input",
            run: "edit Channel Warehouse",
        },
        {
            content: "It is there",
            trigger: ".o-autocomplete--dropdown-item a:contains('Channel Warehouse')",
            run: "click",
        },
        {
            content: "Choose who buys",
            trigger: ".modal .o_field_widget[name='partner_id'] input",
            run: "edit NewMart Stores",
        },
        {
            content: "It is a contact",
            trigger: ".o-autocomplete--dropdown-item a:contains('NewMart Stores')",
            run: "click",
        },
        {
            content: "Create the partner",
            trigger: ".modal button[name='action_create']",
            run: "click",
        },
        {
            content: "What is sent and received is agreed",
            trigger:
                ".o_field_widget[name='document_ids']:contains('855'):contains('846')",
        },
        {
            content: "Say what the partner may buy",
            trigger: "button[name='action_add_products']",
            run: "click",
        },
        {
            content: "Add some",
            trigger: ".modal .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Look for it",
            trigger: ".modal:not(.o_inactive_modal) .o_searchview_input",
            run: "edit SKU-1",
        },
        {
            content: "By its name",
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains('SKU-1')",
            run: "click",
        },
        {
            content: "Only it is shown",
            trigger: ".modal:not(.o_inactive_modal) .o_facet_values:contains('SKU-1')",
        },
        {
            content: "Choose it",
            trigger:
                ".modal:not(.o_inactive_modal) .o_data_row .o_data_cell:contains('SKU-1')",
            run: "click",
        },
        {
            content: "It is chosen",
            trigger:
                ".modal:has(button[name='action_add']) .o_data_row:contains('SKU-1')",
        },
        {
            content: "Add them",
            trigger: ".modal button[name='action_add']",
            run: "click",
        },
        {
            content: "It is listed",
            trigger: ".o_list_view .o_data_row:contains('SKU-1')",
        },
        {
            // the one of the list, not of the form that it takes the place of
            content: "Back to the agreement",
            trigger: ".o_breadcrumb .o_back_button:contains('NEWMART')",
            run: "click",
        },
        {
            content: "Open the channel",
            trigger: ".o_field_widget[name='channel_id']",
            run: "hover && click .o_field_widget[name='channel_id'] .o_external_button",
        },
        {
            content: "Test it",
            trigger: "button[name='action_test_connection']",
            run: "click",
        },
        {
            content: "Orders may come in",
            trigger: "button[name='action_prepare']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "They do",
            trigger: ".o_arrow_button_current[data-value='paused']",
        },
        ...openMenu("channel_edi_mailbox_menu"),
        {
            content: "Open the partner's mailbox",
            trigger: ".o_data_row .o_data_cell:contains('NEWMART')",
            run: "click",
        },
        {
            content: "Upload a file",
            trigger: ".o_form_view button:contains('Upload a File')",
            run: "click",
        },
        ...chooseFile(".modal"),
        {
            content: "It is chosen",
            trigger: ".modal .o_field_widget[name='data'] input:value(850.edi)",
        },
        {
            content: "Take it in",
            trigger: ".modal button[name='action_upload']",
            run: "click",
        },
        {
            content: "It is received",
            trigger: ".o_field_widget[name='name']:contains('850.edi')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_edi_document_to_order", {
    steps: () => [
        ...openMenu("channel_edi_document_menu"),
        {
            content: "The order has come",
            trigger:
                ".o_data_row:contains('Purchase order') .o_data_cell:contains('4711')",
            run: "click",
        },
        {
            content: "As it was written",
            trigger: ".o_field_widget[name='raw']:contains('BEG*00*SA*4711')",
        },
        {
            content: "Open what it is about",
            trigger: "button[name='action_open_record']",
            run: "click",
        },
        {
            content: "It is an order, with its number",
            trigger:
                ".o_form_view:contains('4711') .o_field_widget[name='line_ids']:contains('SKU-1')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_edi_overdue", {
    steps: () => [
        ...openMenu("channel_edi_agreement_menu"),
        {
            content: "Something is overdue",
            trigger: ".o_data_row .o_data_cell:contains('BigMart')",
            run: "click",
        },
        {
            content: "Look at it",
            trigger: ".o-form-buttonbox button:contains('Overdue')",
            run: "click",
        },
        {
            content: "Open it",
            trigger: ".o_data_row:contains('Overdue') .o_data_cell:contains('855')",
            run: "click",
        },
        {
            content: "What was sent",
            trigger: ".o_field_widget[name='raw']:contains('BAK*')",
        },
        {
            content: "Open its interchange",
            trigger: ".o_field_widget[name='interchange_id'] a",
            run: "click",
        },
        {
            content: "Send the same bytes again",
            trigger: "button[name='action_send_again']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It goes out once more",
            trigger: ".o_arrow_button_current[data-value='ready']",
        },
    ],
});

registry.category("web_tour.tours").add("channel_edi_held", {
    steps: () => [
        ...openMenu("channel_edi_document_menu"),
        {
            content: "See them by their state",
            trigger: ".o_switch_view.o_kanban",
            run: "click",
        },
        {
            content: "One is held",
            trigger:
                ".o_kanban_group:contains('On hold') .o_kanban_record:contains('4712')",
            run: "click",
        },
        {
            content: "It says why",
            trigger: ".alert-danger:contains('another content')",
        },
        {
            content: "Give it up",
            trigger: ".o_statusbar_buttons button:contains('Discard')",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Sent twice by mistake",
        },
        {
            content: "Discard it",
            trigger: ".modal button[name='action_discard']",
            run: "click",
        },
        {
            content: "It is discarded",
            trigger: ".o_arrow_button_current[data-value='ignored']",
        },
    ],
});
