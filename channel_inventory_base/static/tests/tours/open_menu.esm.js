export const openMenu = (section, item, addon = "channel_inventory_base") => [
    {
        content: "Open the section of the menu",
        trigger: `button[data-menu-xmlid='channel_inventory_base.${section}']`,
        run: "click",
    },
    {
        content: "Choose the menu item",
        trigger: `.o-dropdown-item[data-menu-xmlid='${addon}.${item}']`,
        run: "click",
    },
];
