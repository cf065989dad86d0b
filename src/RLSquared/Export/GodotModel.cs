using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Export;

/// <summary>
/// The model with the names of the Godot RL Agents plugin: <c>obs</c> is the whole input row, after the pixels where
/// there are images, and <c>output</c> what the plugin takes actions from: the logits of the choices, from which it
/// draws or takes the highest itself, then the means of the numbers, and where there are both, as it expects, log σ
/// after these.
/// </summary>
static class GodotModel
{
    public static void Add(OnnxGraph graph, PolicyStep step, RecurrentNetwork network)
    {
        const int B = OnnxGraph.Batch;
        ActionSpace space = network.Action;
        ObservationSpace seen = network.Observation;
        int pixels = network.SeesImages ? seen.Size : 0;
        string obs = graph.Input("obs", B, pixels + step.RowWidth), row = obs;
        string state = graph.Input("state_ins", B, step.StateWidth);
        string? image = null;
        if (pixels > 0)
        {
            string image255 = graph.Reshape(
                "image", graph.Columns("pixels", obs, 0, pixels), B, seen.Height, seen.Across, seen.Channels);
            image = PlainModel.Planes(graph, image255);
            row = graph.Columns("row", obs, pixels, pixels + step.RowWidth);
        }
        (string outputs, _, string next) = step.Add(row, image, state);
        int width = space.Size + space.Numbers;
        if (space.Choices > 0 && space.Numbers > 0)
        {
            var heads = new ActionHeads(graph, network, outputs, null);
            string zeros = graph.Node("zeros", "Mul", [heads.Means, graph.Number(0)]);
            string logDeviations = graph.Numbers("log_deviations", heads.LogDeviations, space.Numbers);
            outputs = graph.Beside("all_outputs", outputs, graph.Node("spread", "Add", [zeros, logDeviations]));
            width += space.Numbers;
        }
        graph.Output("output", outputs, OnnxElement.Float32, B, width);
        graph.Output("state_outs", next, OnnxElement.Float32, B, step.StateWidth);
    }
}
