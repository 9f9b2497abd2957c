/** `my-method` as the names that TypeScript uses, and refused where it is not kebab-case. */
export function namesOf(name) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`A name in kebab-case is needed (a file, a package and --method are called so), got "${name}". For example my-method.`);
  }
  const pascal = name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());
  return { name, pascal, camel: pascal[0].toLowerCase() + pascal.slice(1) };
}
