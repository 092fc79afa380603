/** Lines to copy for a request, in three languages. */
export const languages = ["curl", "Python", "JavaScript"];

/** What a request of an operation looks like: path with places to fill in, body. */
export function sample(operation, contents) {
  const query = operation.parameters.filter((p) => p.in === "query" && p.required).map((p) => `${p.name}=${p.name.toUpperCase()}`).join("&");
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => name.toUpperCase());
  return {
    method: operation.method, url: location.origin + path + (query ? `?${query}` : ""),
    body: contents["application/json"]?.example, isForm: "multipart/form-data" in contents, isOpen: operation.security.length === 0,
  };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const python = (value) => JSON.stringify(value, null, 4).replace(/\btrue\b/g, "True").replace(/\bfalse\b/g, "False").replace(/\bnull\b/g, "None");

export const makers = {
  curl({ method, url, body, isForm, isOpen }) {
    const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`];
    if (!isOpen) parts.push(`-H "Authorization: Bearer $APUS_API_KEY"`);
    if (body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
    if (isForm) parts.push("-F file=@report.pdf");
    return parts.join(" \\\n  ");
  },
  Python({ method, url, body, isForm, isOpen }) {
    const rest = [
      !isOpen && `headers={"Authorization": f"Bearer {os.environ['APUS_API_KEY']}"}`, body !== undefined && `json=${python(body)}`,
      isForm && `files={"file": open("report.pdf", "rb")}`, "timeout=60",
    ].filter(Boolean);
    return `import os, requests\n\nanswer = requests.request(\n    "${method}", "${url}",\n    ${rest.join(",\n    ")})\nanswer.raise_for_status()\nprint(answer.text)`;
  },
  JavaScript({ method, url, body, isForm, isOpen }) {
    const fields = [!isOpen && "Authorization: `Bearer ${process.env.APUS_API_KEY}`", body !== undefined && `"Content-Type": "application/json"`].filter(Boolean);
    const rest = [`method: "${method}"`, fields.length && `headers: { ${fields.join(", ")} }`, body !== undefined && `body: JSON.stringify(${JSON.stringify(body)})`, isForm && "body: form"].filter(Boolean);
    const before = isForm ? `const form = new FormData();\nform.append("file", file);\n` : "";
    return `${before}const answer = await fetch("${url}", {\n  ${rest.join(",\n  ")},\n});\nif (!answer.ok) throw new Error((await answer.json()).detail);\nconsole.log(await answer.text());`;
  },
};
