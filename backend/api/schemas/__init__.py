"""The wire's schemas, a noun a module; OpenAPI, and from it the UI's TypeScript types, come from here."""
