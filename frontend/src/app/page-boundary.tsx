/** A page that fails to load or to draw says so and leaves the shell working. */
import { Component, type ReactNode } from "react";
import { useLocation } from "react-router";
import { ErrorState } from "@/components/ui/states";

interface Props {
  address: string;
  children: ReactNode;
}

/** The browser's own words alone tell an operator nothing; whoever mends it needs them. */
function inWords(error: Error): string {
  return `Something in it is not as this page expects: after an update of Canopy, load it again. (${error.message})`;
}

class Boundary extends Component<Props, { error: Error | null; address: string }> {
  override state = { error: null, address: this.props.address };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: { address: string }) {
    return props.address === state.address ? null : { error: null, address: props.address };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <ErrorState
        title="This page could not be shown"
        error={new Error(inWords(this.state.error))}
        onRetry={() => globalThis.location.reload()}
      />
    );
  }
}

export function PageBoundary({ children }: { children: ReactNode }) {
  return <Boundary address={useLocation().pathname}>{children}</Boundary>;
}
