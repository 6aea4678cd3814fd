// Optimises wasm files with Binaryen:
//
//   node optimise.mjs BINARYEN optimise FILE...     writes FILE.optimise beside each
//   node optimise.mjs BINARYEN order FILE...        sorts the functions by their names, and writes FILE.order
//
// One process does many files: the optimiser is wasm itself, and takes longer to be compiled than most files take.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [library, step, ...files] = process.argv.slice(2);
const { default: binaryen } = await import(pathToFileURL(library));

// What the compiler may use. Every browser since 2022 has it.
const { BulkMemory, BulkMemoryOpt, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt } = binaryen.Features;
const features = BulkMemory | BulkMemoryOpt | Multivalue | MutableGlobals | NontrappingFPToInt | ReferenceTypes | SignExt;

// `-Oz`.
binaryen.setOptimizeLevel(2);
binaryen.setShrinkLevel(2);
binaryen.setGenerateStackIR(true);
binaryen.setOptimizeStackIR(true);
// Functions with one caller are inlined if they are small: larger ones stay, and are put beside similar ones later. That makes
// the main part 0.2 % smaller with brotli.
binaryen.setOneCallerInlineMaxSize(50);
// The stack is at the beginning of the memory, and grows downwards.
binaryen.setLowMemoryUnused(true);

const steps = {
    optimise(module) {
        // Flattening and recreating the control flow makes functions smaller, and more of them equal.
        module.runPasses(["flatten", "rereloop"]);
        module.optimize();
        module.optimize();
        module.runPasses(["strip-producers", "strip-target-features"]);
    },
    order(module) {
        module.runPasses(["reorder-functions-by-name"]);
    },
};

for (const file of files) {
    const module = binaryen.readBinary(await readFile(file));
    module.setFeatures(features);
    steps[step](module);
    await writeFile(`${file}.${step}`, module.emitBinary());
    module.dispose();
}
