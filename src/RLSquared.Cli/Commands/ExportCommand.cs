using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Export;
using RLSquared.Runs;
using RLSquared.Tasks.Remote;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 export RUN</c>: writes a trained policy for other engines (ONNX), and a trained language model as a Hugging
/// Face folder (<see cref="LanguageExport"/>).
/// </summary>
internal static class ExportCommand
{
    const string Onnx = "onnx";

    static readonly string[] formats = [Onnx, LanguageExport.HuggingFace, LanguageExport.Peft];

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> run = Arguments.Run();
        Option<string?> format = new("--format")
        {
            Description = "onnx for policies; huggingface for language models, or peft for an adapter alone; if not " +
                "given, what the run can be",
            HelpName = string.Join('|', formats),
        };
        Option<string?> output = new("--output")
        {
            Description = "where to write it; policy.onnx, model or adapter in the run's folder if not given",
            HelpName = "FILE|FOLDER",
        };
        Option<string> profile = Named<OnnxProfile>("--profile", "the names of inputs and outputs");
        Option<string> gru = Named<OnnxGru>("--gru", "how the recurrent layer is written");
        Option<bool> noValue = new("--no-value") { Description = "omit the value, which is not needed to act" };
        Option<int> opset = new("--opset")
        {
            Description = "the version of the set of operators, 13 to 21",
            HelpName = "number",
            DefaultValueFactory = _ => new OnnxOptions().Opset,
        };
        Option<string?> actions = new("--actions")
        {
            Description = "for Godot: the game's actions in its order, such as numbers:2+choices:3; a run of the " +
                "task remote knows them",
            HelpName = "ACTIONS",
        };
        Option<string?> weights = new("--weights")
        {
            Description = "what a language model's weights are rounded to; float32, which rounds nothing, if not given",
            HelpName = "float32|bfloat16|float16",
        };
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("export", "Write a policy as ONNX, or a language model for Hugging Face")
        {
            run, format, output, profile, gru, noValue, opset, actions, weights, checkpoint, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string? kind = parsed.GetValue(format);
            if (kind is not null && !formats.Contains(kind))
            {
                throw new OptionException(
                    "--format", $"there is no format '{kind}'; there are {string.Join(", ", formats)}");
            }
            var options = new OnnxOptions
            {
                Profile = Parse<OnnxProfile>("profile", parsed.GetRequiredValue(profile)),
                Gru = Parse<OnnxGru>("form of the recurrent layer", parsed.GetRequiredValue(gru)),
                Value = !parsed.GetValue(noValue),
                Opset = parsed.GetValue(opset),
                Actions = parsed.GetValue(actions),
            };
            RunFolder folder = RunFolder.Open(RunNames.Find(terminal, parsed.GetRequiredValue(run), single: true)!);
            string which = parsed.GetRequiredValue(checkpoint);
            bool ofFolder = which is "last" or "best";
            if (!ofFolder && !File.Exists(which))
                throw new OptionException("--checkpoint", $"there is no checkpoint {which}");
            bool isLanguage = LanguageExport.IsFor(catalogues, folder);
            if (kind == Onnx && isLanguage)
            {
                throw new OptionException("--format", $"{folder.Path} trained a language model; write it with " +
                    $"--format {LanguageExport.HuggingFace}");
            }
            if (kind is not null and not Onnx || isLanguage)
            {
                LanguageExport.Write(terminal, catalogues, folder, which, kind ?? LanguageExport.HuggingFace,
                    parsed.GetValue(output), parsed.GetValue(weights), parsed.GetValue(json), parsed.GetValue(quiet));
                return ExitCode.Done;
            }
            if (parsed.GetValue(weights) is not null)
                throw new OptionException("--weights", "a policy's ONNX model holds float32; leave --weights out");
            string from = ofFolder ? folder.Path : which;
            using TrainedPolicy policy = options.Value
                ? TrainedPolicy.LoadWithValue(from, which) : TrainedPolicy.Load(from, which);
            if (options.Actions is null && policy.Network.Spaces.Task == RemoteTask.TaskName)
                options = options with { Actions = policy.Checkpoint.Options.GetValueOrDefault("actions") };
            OnnxModel model = OnnxExport.Build(policy.Network, options, new OnnxSource(
                policy.Network.Spaces.Task, policy.Checkpoint.Algorithm, policy.Checkpoint.Facts.Steps));
            string path = parsed.GetValue(output) ?? folder.OnnxPath;
            model.Save(path);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, writer => WriteJson(writer, path, model));
            else if (!parsed.GetValue(quiet))
                WriteText(terminal.Output, path, model, options);
            return ExitCode.Done;
        });
        return command;
    }

    static Option<string> Named<T>(string name, string description) where T : struct, Enum => new(name)
    {
        Description = description,
        HelpName = string.Join('|', Names<T>()),
        DefaultValueFactory = _ => Names<T>()[0],
    };

    static string[] Names<T>() where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];

    static T Parse<T>(string what, string text) where T : struct, Enum
    {
        string[] names = Names<T>();
        int index = Array.IndexOf(names, text.ToLowerInvariant());
        return index >= 0 ? Enum.GetValues<T>()[index] : throw new OptionException(
            what, $"there is no {what} '{text}'; there are {string.Join(", ", names)}");
    }

    static void WriteText(TextWriter output, string path, OnnxModel model, OnnxOptions options)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{path}: {model.Bytes.Length:N0} bytes"));
        WritePorts("in", model.Inputs);
        WritePorts("out", model.Outputs);
        string value = model.Metadata.First(entry => entry.Key == "rlsquared.value").Value;
        if (value != "yes" && options is { Profile: OnnxProfile.Plain, Value: true })
            output.WriteLine($"  value: {value}");

        void WritePorts(string way, IReadOnlyList<OnnxPort> ports)
        {
            foreach (OnnxPort port in ports)
                output.WriteLine($"  {way,-5}{port.Name,-34}{Element(port),-9}[{string.Join(", ", Shape(port))}]");
        }
    }

    static void WriteJson(Utf8JsonWriter json, string path, OnnxModel model)
    {
        json.WriteString("file", path);
        json.WriteNumber("bytes", model.Bytes.Length);
        WritePorts("inputs", model.Inputs);
        WritePorts("outputs", model.Outputs);
        json.WriteStartObject("metadata");
        foreach ((string key, string value) in model.Metadata)
            json.WriteString(key, value);
        json.WriteEndObject();

        void WritePorts(string name, IReadOnlyList<OnnxPort> ports)
        {
            json.WriteStartArray(name);
            foreach (OnnxPort port in ports)
            {
                json.WriteStartObject();
                json.WriteString("name", port.Name);
                json.WriteString("type", Element(port));
                json.WriteStartArray("shape");
                foreach (int length in port.Shape)
                {
                    if (length < 0)
                        json.WriteStringValue("batch");
                    else
                        json.WriteNumberValue(length);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
    }

    static string Element(OnnxPort port) => port.Element.ToString().ToLowerInvariant();

    static IEnumerable<string> Shape(OnnxPort port) => port.Shape.Select(
        length => length < 0 ? "batch" : length.ToString(CultureInfo.InvariantCulture));
}
