// The overview and the timeline: an article opens beside the list, and n and p lead through what is linked.

import * as pane from "./pane.js";
import { listen } from "./shortcuts.js";

listen({ next: "n", previous: "p" }, { next: () => pane.walk(1), previous: () => pane.walk(-1) });
pane.follow();
