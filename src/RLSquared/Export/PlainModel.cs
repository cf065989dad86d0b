using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Export;

/// <summary>
/// The model with our own names: an input for each thing that an agent perceives, as a task tells it, and an output for
/// each that it decides, so that an output can be fed back as the next input. Random numbers are inputs too: the same
/// ones give the same actions.
/// </summary>
static class PlainModel
{
    public static void Add(OnnxGraph graph, PolicyStep step, Policy network)
    {
        const int B = OnnxGraph.Batch;
        ActionSpace space = network.Action;
        (int K, int C) = (space.Choices, space.Numbers);
        string? image = network.Row.Features > 0 ? Image(graph, network.Observation) : null;
        string? choices = null;
        List<string> row = [];
        foreach (InputPart part in network.Row.Parts)
        {
            switch (part.Kind)
            {
                case InputKind.State:
                    row.Add(OneHot("state", graph.Input("observation", OnnxElement.Int64, B, 1), part.Width));
                    break;
                case InputKind.PreviousChoice:
                    choices ??= graph.Input("previous_action", OnnxElement.Int64, B, K);
                    string choice = K == 1 ? choices
                        : graph.Columns($"previous_choice_{part.Choice}", choices, part.Choice, part.Choice + 1);
                    row.Add(OneHot($"choice_{part.Choice}", choice, part.Width));
                    break;
                case InputKind.Vector:
                    row.Add(graph.Input("observation", B, part.Width));
                    break;
                case InputKind.PreviousNumbers:
                    row.Add(graph.Input("previous_numbers", B, part.Width));
                    break;
                case InputKind.PreviousReward:
                    row.Add(graph.Input("previous_reward", B, 1));
                    break;
                case InputKind.PreviousDone:
                    row.Add(graph.Input("previous_done", B, 1));
                    break;
                case InputKind.TimeToGo:
                    row.Add(graph.Input("time_to_go", B, 1));
                    break;
            }
        }
        string? allowed = network.Masks && K > 0 ? graph.Input("allowed", B, space.Size) : null;
        string? uniform = K > 0 ? graph.Input("uniform", B, K) : null;
        string? normal = C > 0 ? graph.Input("normal", B, C) : null;
        string state = graph.Input("state_in", B, step.StateWidth);

        (string outputs, string? value, string next) = step.Add(
            row.Count == 0 ? state : graph.Beside("row", [.. row]), image, state);
        var heads = new ActionHeads(graph, network, outputs, allowed);
        if (K > 0)
        {
            graph.Output("logits", heads.Logits, OnnxElement.Float32, B, space.Size);
            graph.Output("action", heads.Likeliest("likeliest"), OnnxElement.Int64, B, K);
            string sampled = heads.Sampled("sampled", k => K == 1 ? uniform!
                : graph.Columns($"uniform_{k}", uniform!, k, k + 1));
            graph.Output("sampled_action", sampled, OnnxElement.Int64, B, K);
        }
        if (C > 0)
        {
            graph.Output("means", heads.Means, OnnxElement.Float32, B, C);
            string deviations = graph.Node("deviation_logarithms", "Constant", [],
                OnnxAttribute.Numbers("value", [C], heads.LogDeviations.ToArray()));
            graph.Output("log_deviations", deviations, OnnxElement.Float32, C);
            graph.Output("numbers", heads.MeanNumbers("likeliest_numbers"), OnnxElement.Float32, B, C);
            string drawn = heads.DrawnNumbers("drawn_numbers", normal!);
            graph.Output("sampled_numbers", drawn, OnnxElement.Float32, B, C);
        }
        if (value is not null)
            graph.Output("value", value, OnnxElement.Float32, B, 1);
        graph.Output("state_out", next, OnnxElement.Float32, B, step.StateWidth);

        // Equality with 0, 1, …: no engine lacks it.
        string OneHot(string name, string index, int size)
        {
            string same = graph.Node($"{name}_is", "Equal", [index, graph.Range(size)]);
            return graph.Cast($"{name}_ones", same, OnnxElement.Float32);
        }
    }

    /// <summary>
    /// Bytes as numbers 0 to 255, [B, rows, columns, channels], as networks see them: from −1 to 1, in planes.
    /// </summary>
    static string Image(OnnxGraph graph, ObservationSpace space) => Planes(graph, graph.Input(
        "observation", OnnxGraph.Batch, space.Height, space.Across, space.Channels));

    /// <inheritdoc cref="Image"/>
    public static string Planes(OnnxGraph graph, string image)
    {
        string planes = graph.Node("image_planes", "Transpose", [image], OnnxAttribute.Integers("perm", 0, 3, 1, 2));
        string scaled = graph.Node("image_scaled", "Mul", [planes, graph.Number(2f / 255)]);
        return graph.Node("image_centred", "Sub", [scaled, graph.Number(1)]);
    }
}
