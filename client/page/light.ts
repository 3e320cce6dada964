/** An element whose parts stand in the page itself: its styles hold for them, and links and labels reach into them. */
import { LitElement } from "lit";

export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
