// A name as it stands in a statement, whatever it is made of.
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
