using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Export;

/// <summary>
/// The model with the names of the Godot RL Agents plugin: <c>obs</c> is the whole input row, after the pixels where
/// there are images, and <c>output</c> what the plugin takes actions from, one of the game's actions after the other:
/// the logits of a choice, from which it draws or takes the highest itself, or the means of numbers. Where there are
/// choices and numbers it expects log σ after the means of each action with numbers, and does not use it.
/// </summary>
static class GodotModel
{
    public static void Add(OnnxGraph graph, PolicyStep step, Policy network, OnnxOptions options)
    {
        const int B = OnnxGraph.Batch;
        ActionSpace space = network.Action;
        ObservationSpace seen = network.Observation;
        int pixels = network.Row.Features > 0 ? seen.Size : 0;
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
            string spread = graph.Node("spread", "Add", [zeros, logDeviations]);
            List<string> inOrder = [];
            int logit = 0, number = 0;
            foreach (ActionPart part in Order(options, space))
            {
                if (part.IsChoice)
                {
                    inOrder.Add(graph.Columns($"logits_{inOrder.Count}", heads.Logits, logit, logit += part.Size));
                    continue;
                }
                int end = number + part.Size;
                inOrder.Add(graph.Columns($"means_{inOrder.Count}", heads.Means, number, end));
                inOrder.Add(graph.Columns($"spreads_{inOrder.Count}", spread, number, end));
                number = end;
            }
            outputs = graph.Beside("all_outputs", [.. inOrder]);
            width += space.Numbers;
        }
        graph.Output("output", outputs, OnnxElement.Float32, B, width);
        graph.Output("state_outs", next, OnnxElement.Float32, B, step.StateWidth);
    }

    // With choices alone or numbers alone there is one order whatever the actions are called.
    static IReadOnlyList<ActionPart> Order(OnnxOptions options, ActionSpace space)
    {
        if (options.Actions is null)
        {
            throw new OptionException("actions", "Godot's plugin reads one action after the other in the order of " +
                $"the game, and which that is for {space} is not known; say it, such as --actions choices:3+numbers:2");
        }
        SpaceText.TryReadActions(options.Actions, out ActionSpace named, out _, out IReadOnlyList<ActionPart> order);
        return named == space ? order : throw new OptionException(
            "actions", $"actions={options.Actions} are {named}, and this policy decides {space}");
    }
}
