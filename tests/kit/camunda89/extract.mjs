// Prints the REST operations of Camunda 8.9 that renkei uses, as JSON: method, path, and JSON schemas of body and answer.
// Taken from Camunda's own published client, whose major version 9 is the API of 8.9; texts for people are left out.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const dist = join(process.cwd(), "node_modules", "@camunda8", "orchestration-cluster-api", "dist");
const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
const schemas = await import(pathToFileURL(join(dist, files.find((name) => name.startsWith("zod.gen")))).href);
const source = files.map((name) => readFileSync(join(dist, name), "utf8")).join("\n");

const spoken = new Set(["description", "title", "$schema"]);
const quiet = (value) =>
  Array.isArray(value)
    ? value.map(quiet)
    : value && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([name, inner]) => !(spoken.has(name) && typeof inner === "string"))
            // zod takes moments in UTC alone; the API's own word is RFC 3339, with any offset
            .filter(([name]) => !(name === "pattern" && value.format === "date-time"))
            .map(([name, inner]) => [name, quiet(inner)]),
        )
      : value;
const schema = (name) =>
  schemas[name] ? quiet(z.toJSONSchema(schemas[name], { io: "input", unrepresentable: "any" })) : {};

const operations = {};
for (const name of process.argv.slice(2)) {
  const call = new RegExp(`var ${name} = \\(options\\) => \\{[^}]*?\\)\\.(\\w+)\\(\\{[\\s\\S]*?url: "([^"]+)"`).exec(source);
  if (!call) throw new Error(`no operation ${name}`);
  const upper = name[0].toUpperCase() + name.slice(1);
  const data = schema(`z${upper}Data`);
  operations[name] = {
    method: call[1].toUpperCase(),
    path: `/v2${call[2]}`,
    body: data.properties?.body ?? {},
    answer: schema(`z${upper}Response`),
  };
}
const lines = Object.entries(operations).map(([name, told]) => `${JSON.stringify(name)}: ${JSON.stringify(told)}`);
process.stdout.write(`{\n${lines.join(",\n")}\n}\n`);
