using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Export;

/// <summary>
/// Writes a trained policy as an ONNX model of one step: percept and state in, action and next state out. The number of
/// lanes is free. All learning of a task happens in the state, so that a program which feeds it back at each step, for
/// a whole trial and across the ends of episodes, has the agent as it was trained.
/// <para>To add a profile: 1. one file like <see cref="PlainModel"/> that names inputs and outputs around
/// <see cref="PolicyStep"/>; 2. one line in <see cref="Build"/>; 3. its table in <c>docs/onnx.md</c>.</para>
/// </summary>
public static class OnnxExport
{
    /// <summary>The model of a network.</summary>
    /// <param name="network">The network with its present weights.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="source">Where the weights come from.</param>
    /// <exception cref="NotSupportedException">The weights are more than a file can hold.</exception>
    /// <exception cref="OptionException">
    /// The profile Godot needs the order of the game's actions, or they are not those of the network.
    /// </exception>
    public static OnnxModel Build(Policy network, OnnxOptions options, OnnxSource source)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        var graph = new OnnxGraph(options.Opset);
        var step = new PolicyStep(graph, network, options, tape);
        switch (options.Profile)
        {
            case OnnxProfile.Plain:
                PlainModel.Add(graph, step, network);
                break;
            case OnnxProfile.Unity:
                UnityModel.Add(graph, step, network);
                break;
            default:
                GodotModel.Add(graph, step, network, options);
                break;
        }
        string version = Machine.Current().Version;
        KeyValuePair<string, string>[] metadata = [.. Metadata(network, step, options, source, version)];
        return new OnnxModel(graph.ToModel($"{source.Task}-{source.Algorithm}", version, metadata), graph, metadata);
    }

    static IEnumerable<KeyValuePair<string, string>> Metadata(
        Policy network, PolicyStep step, OnnxOptions options, OnnxSource source, string version)
    {
        yield return new("rlsquared.version", version);
        yield return new("rlsquared.task", source.Task);
        yield return new("rlsquared.algorithm", source.Algorithm);
        yield return new("rlsquared.steps", Text(source.Steps));
        yield return new("rlsquared.profile", options.Profile.ToString().ToLowerInvariant());
        yield return new("rlsquared.gru", options.Gru.ToString().ToLowerInvariant());
        yield return new("rlsquared.observation", Json(json => WriteObservation(json, network.Observation)));
        yield return new("rlsquared.action", Json(json => WriteAction(json, network)));
        yield return new("rlsquared.trial_length", Text(network.TrialLength));
        yield return new("rlsquared.input_row", Json(json => WriteRow(json, network.Row)));
        yield return new("rlsquared.state", Json(json => WriteState(json, step)));
        yield return new("rlsquared.value", step.MissingValue ?? "yes");
    }

    static void WriteObservation(Utf8JsonWriter json, ObservationSpace space)
    {
        json.WriteStartObject();
        json.WriteString("kind", space.Kind.ToString().ToLowerInvariant());
        json.WriteNumber("size", space.Size);
        if (space.Kind == ObservationKind.Image)
        {
            json.WriteNumber("height", space.Height);
            json.WriteNumber("width", space.Across);
            json.WriteNumber("channels", space.Channels);
        }
        json.WriteEndObject();
    }

    static void WriteAction(Utf8JsonWriter json, Policy network)
    {
        ActionSpace space = network.Action;
        json.WriteStartObject();
        json.WriteStartArray("choices");
        for (int k = 0; k < space.Choices; k++)
            json.WriteNumberValue(space.SizeOf(k));
        json.WriteEndArray();
        json.WriteNumber("numbers", space.Numbers);
        json.WriteBoolean("masks", network.Masks);
        json.WriteEndObject();
    }

    // What a model reads as one row; the features of an image it finds itself.
    static void WriteRow(Utf8JsonWriter json, InputRow row)
    {
        json.WriteStartArray();
        int start = 0;
        foreach (InputPart part in row.Parts.Where(part => part.Kind != InputKind.Features))
            WritePart(json, Name(part), ref start, part.Width, part.IsOneHot);
        json.WriteEndArray();
    }

    static void WriteState(Utf8JsonWriter json, PolicyStep step)
    {
        json.WriteStartArray();
        int start = 0;
        foreach ((string name, int width) in step.State)
            WritePart(json, name, ref start, width, oneHot: false);
        json.WriteEndArray();
    }

    static void WritePart(Utf8JsonWriter json, string name, ref int start, int width, bool oneHot)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteNumber("start", start);
        json.WriteNumber("width", width);
        if (oneHot)
            json.WriteBoolean("oneHot", true);
        json.WriteEndObject();
        start += width;
    }

    static string Name(InputPart part) => part.Kind switch
    {
        InputKind.State => "state",
        InputKind.PreviousChoice => $"previous_choice_{part.Choice}",
        InputKind.PreviousNumbers => "previous_numbers",
        InputKind.PreviousReward => "previous_reward",
        InputKind.PreviousDone => "previous_done",
        InputKind.TimeToGo => "time_to_go",
        _ => "observation",
    };

    static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
