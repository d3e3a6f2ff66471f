/** Starts the UI in the page. */
import "@/styles/tokens.css";
import "@/styles/base.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { applyTheme } from "@/lib/preferences";
import { App } from "./app";
import { askAhead } from "./ask-ahead";
import { makeQueryClient } from "./query-client";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element #root");
applyTheme();
const client = makeQueryClient();
await askAhead(client, globalThis.location.pathname);
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <BrowserRouter basename="/ui">
        <App />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
