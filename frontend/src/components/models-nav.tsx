/** The three pages about models: how they are, how sensitive they are, what they would have done. */
import { NavLink } from "react-router";
import "./models-nav.css";

export function ModelsNav() {
  return (
    <nav className="sub-nav" aria-label="About the models">
      <NavLink to="/models" end>
        Pairs
      </NavLink>
      <NavLink to="/models/sensitivity">Sensitivity</NavLink>
      <NavLink to="/models/backtest">Backtest</NavLink>
    </nav>
  );
}
