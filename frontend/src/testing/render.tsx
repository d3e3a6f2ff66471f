/** Shows the whole UI at an address, as a browser would. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter, useLocation } from "react-router";
import { App } from "@/app/app";
import { makeQueryClient } from "@/app/query-client";

/** The address the UI is at; filters must be in it. */
function Address({ onChange }: { onChange: (address: string) => void }) {
  const { pathname, search } = useLocation();
  onChange(pathname + search);
  return null;
}

export function renderApp(path: string) {
  const client = makeQueryClient();
  // A test that waits for an error need not wait for the second try.
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  let address = path;
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={[path]}>
        <App />
        <Address
          onChange={(next) => {
            address = next;
          }}
        />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), client, address: () => address };
}
