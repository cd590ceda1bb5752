/** The OCA's format for XML, JavaScript and styles. */
module.exports = {
    // Found through NODE_PATH, which pre-commit sets.
    plugins: [require.resolve("@prettier/plugin-xml")],
    bracketSpacing: false,
    printWidth: 88,
    proseWrap: "always",
    semi: true,
    trailingComma: "es5",
    xmlSelfClosingSpace: true,
    xmlWhitespaceSensitivity: "preserve",
};
