using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Generation;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 serve FOLDER|RUN</c>: a language model behind OpenAI's interface, on this machine. It serves until Ctrl+C,
/// which is its regular end: exit code 0.
/// </summary>
internal static class ServeCommand
{
    const int StandardPort = 8000;

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> folder = new("MODEL")
        {
            Description = "the folder of a model (config.json, tokenizer.json, *.safetensors) or of a run; last is " +
                "the newest run",
        };
        Option<int> port = Arguments.Number(
            "--port", "the port; 0 for any that is free", StandardPort, 0, ushort.MaxValue);
        Option<int> inFlight = Arguments.Number(
            "--most-in-flight", "completions that are computed together", new GeneratorOptions().MostInFlight, 1, 1024);
        Option<int> cache = Arguments.Number("--cache", "MiB of memory for keys and values", 1024, 1, 1 << 20);
        Option<int> seconds = Arguments.Number("--limit", "seconds that one request may take at most", 600, 1, 86_400);
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("serve", "Serve a language model to OpenAI's clients on this machine")
        {
            folder, port, inFlight, cache, seconds, checkpoint, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            using ServedModel model = ServedModel.Open(catalogues, RunNames.Find(
                terminal, parsed.GetRequiredValue(folder), single: true)!, parsed.GetRequiredValue(checkpoint));
            using var workers = new Workers(parsed.GetValue(threads));
            using ModelServer server = ModelServer.Start(model, model.Generator(workers, new GeneratorOptions
            {
                MostInFlight = parsed.GetValue(inFlight),
                CacheBytes = (long)parsed.GetValue(cache) << 20,
            }), parsed.GetValue(port), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            Served.UntilInterrupted(terminal, server.Address, $"{model.Name} answers",
                parsed.GetValue(json), parsed.GetValue(quiet), ("model", model.Name));
            return ExitCode.Done;
        });
        return command;
    }
}
