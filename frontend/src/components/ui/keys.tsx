/** Keys as they are printed on a keyboard. */
import { Fragment } from "react";
import { printedKeys } from "@/lib/keys";

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {printedKeys(keys).map((press, index) => (
        <Fragment key={press.join("+")}>
          {index > 0 && <span className="muted"> then </span>}
          {press.map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
