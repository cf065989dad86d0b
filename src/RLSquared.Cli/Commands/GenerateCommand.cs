using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Generation;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 generate FOLDER|RUN --prompt TEXT</c>: what a language model says to a prompt, with the log-probability of
/// each token.
/// </summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> model = new("MODEL")
        {
            Description = "the folder of a model (config.json, tokenizer.json, *.safetensors) or of a run; last is " +
                "the newest run",
        };
        Option<string> prompt = new("--prompt")
        {
            Description = "the text to continue",
            HelpName = "TEXT",
            Required = true,
        };
        Option<int> most = Arguments.Number("--max-tokens", "the most tokens", 128, 1, 1_000_000);
        Option<bool> greedy = new("--greedy") { Description = "take the likeliest token each time" };
        Option<double> temperature = TemperatureOption();
        Option<ulong> seed = Arguments.Seed("of the draws");
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("generate", "Continue a text with a language model")
        {
            model, prompt, most, greedy, temperature, seed, checkpoint, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            using var opened = ServedModel.Open(catalogues, RunNames.Find(
                terminal, parsed.GetRequiredValue(model), single: true)!, parsed.GetRequiredValue(checkpoint));
            int[] ids = opened.Encode(parsed.GetRequiredValue(prompt));
            using var workers = new Workers(parsed.GetValue(threads));
            using Generator generator = opened.Generator(workers);
            generator.Submit(ids, new SamplingOptions
            {
                StopTokens = opened.EndTokens,
                MaximumTokens = parsed.GetValue(most),
                Temperature = parsed.GetValue(greedy) ? 0 : parsed.GetValue(temperature),
            }, parsed.GetValue(seed));
            GeneratedSequence said = generator.Run(terminal.Interrupted)[0];
            if (!parsed.GetValue(json))
            {
                terminal.Output.WriteLine(said.Text);
                return ExitCode.Done;
            }
            JsonOutput.Write(terminal, writer =>
            {
                writer.WriteString("text", said.Text);
                writer.WriteStartArray("tokens");
                foreach (int id in said.Tokens)
                    writer.WriteNumberValue(id);
                writer.WriteEndArray();
                writer.WriteStartArray("logProbabilities");
                foreach (float one in said.LogProbabilities)
                    writer.WriteNumberValue(one);
                writer.WriteEndArray();
                writer.WriteString("ending", said.Ending.ToString());
            });
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What scores are divided by before a token is drawn.</summary>
    public static Option<double> TemperatureOption() => new("--temperature")
    {
        Description = "the sampling temperature: below 1 less varied, above 1 more varied",
        HelpName = "number",
        DefaultValueFactory = _ => 1,
        CustomParser = result =>
        {
            string text = result.Tokens is [{ Value: var only }] ? only : "";
            if (double.TryParse(text, System.Globalization.NumberStyles.Float,
                System.Globalization.CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 100)
                return value;
            result.AddError($"--temperature must be a number from 0 to 100, but is '{text}'");
            return 1;
        },
    };
}
