// What every page does beside being read.
import { config } from "./config.js";
import { dialogs } from "./dialogs.js";
import { filter } from "./filter.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { times } from "./times.js";

document.documentElement.classList.add("js");
times();
filter();
keys();
dialogs();
config();
live();
