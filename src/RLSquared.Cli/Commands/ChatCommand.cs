using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Generation;
using RLSquared.Language.Templates;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 chat FOLDER|RUN</c>: a conversation, line by line. A model with a chat template sees all turns; one without
/// sees each line alone and goes on from it.
/// </summary>
internal static class ChatCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> model = new("MODEL") { Description = "the folder of a model or of a run" };
        Option<string?> system = new("--system") { Description = "the system message", HelpName = "TEXT" };
        Option<int> most = Arguments.Number("--max-tokens", "the most tokens of a reply", 512, 1, 1_000_000);
        Option<bool> greedy = new("--greedy") { Description = "take the likeliest token each time" };
        Option<double> temperature = GenerateCommand.TemperatureOption();
        Option<ulong> seed = Arguments.Seed("of the draws");
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<int> threads = Arguments.Threads();
        Option<bool> quiet = Arguments.Quiet();
        var command = new Command("chat", "Talk with a language model; an empty line or the end of input ends it")
        {
            model, system, most, greedy, temperature, seed, checkpoint, threads, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            using var opened = ServedModel.Open(catalogues, RunNames.Find(
                terminal, parsed.GetRequiredValue(model), single: true)!, parsed.GetRequiredValue(checkpoint));
            using var workers = new Workers(parsed.GetValue(threads));
            using Generator generator = opened.Generator(workers);
            List<ChatMessage> turns = parsed.GetValue(system) is { } told ? [new("system", told)] : [];
            if (turns.Count > 0 && opened.Template is null)
                throw new OptionException("--system", "this model has no chat template, and sees each line alone");
            if (!parsed.GetValue(quiet))
                terminal.Error.WriteLine("say something; an empty line ends the conversation");
            ulong draw = parsed.GetValue(seed);
            while (terminal.Input.ReadLine() is { Length: > 0 } line)
            {
                turns.Add(new ChatMessage("user", line));
                int[] ids = opened.Template is { } template
                    ? opened.Encode(template.Render(turns).Text, isRendered: true) : opened.Encode(line);
                generator.Submit(ids, new SamplingOptions
                {
                    StopTokens = opened.EndTokens,
                    MaximumTokens = parsed.GetValue(most),
                    Temperature = parsed.GetValue(greedy) ? 0 : parsed.GetValue(temperature),
                }, draw++);
                string reply = generator.Run(terminal.Interrupted)[0].Text;
                terminal.Output.WriteLine(reply);
                terminal.Output.Flush();
                turns.Add(new ChatMessage("assistant", reply));
            }
            return ExitCode.Done;
        });
        return command;
    }
}
