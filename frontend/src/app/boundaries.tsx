/** What cannot be drawn says so, and the rest goes on: around a part of the shell, a page, all of the screen. */
import { Component, type ReactNode } from "react";
import { useLocation } from "react-router";
import { ErrorState } from "@/components/ui/states";

type Fallback = (error: Error) => ReactNode;

interface Props {
  /** Another one is a new beginning. */
  address: string;
  fallback: Fallback;
  children: ReactNode;
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
    return this.state.error ? this.props.fallback(this.state.error) : this.props.children;
  }
}

interface NotShownProps {
  /** As in "This page could not be shown". */
  what: string;
  error: Error;
  heading?: boolean;
}

/** The browser's own words alone tell an operator nothing; whoever mends it needs them. */
export function NotShown({ what, error, heading = false }: NotShownProps) {
  const words = `Something in it is not as this screen expects, or did not come: after an update of Canopy, or once its server is back, load it again. (${error.message})`;
  return (
    <ErrorState
      title={`${what} could not be shown`}
      heading={heading}
      error={new Error(words)}
      onRetry={() => globalThis.location.reload()}
    />
  );
}

/** A part of the shell; its fallback is small, or nothing where the page does without. */
export function PartBoundary({ fallback, children }: { fallback: Fallback; children: ReactNode }) {
  return (
    <Boundary address={useLocation().pathname} fallback={fallback}>
      {children}
    </Boundary>
  );
}

export function PageBoundary({ children }: { children: ReactNode }) {
  return (
    <PartBoundary fallback={(error) => <NotShown what="This page" error={error} heading />}>
      {children}
    </PartBoundary>
  );
}

/** The last resort, where the shell itself cannot be drawn. */
export function RootBoundary({ children }: { children: ReactNode }) {
  return (
    <Boundary
      address=""
      fallback={(error) => (
        <main className="shell-page stack">
          <NotShown what="Canopy" error={error} heading />
          <p>
            <a href={import.meta.env.BASE_URL}>Go to Now</a>
          </p>
        </main>
      )}
    >
      {children}
    </Boundary>
  );
}
