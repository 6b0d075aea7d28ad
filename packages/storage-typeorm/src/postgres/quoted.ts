// Quotes a name for a statement, whatever characters it has.
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
