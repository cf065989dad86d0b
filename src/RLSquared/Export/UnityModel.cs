using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Export;

/// <summary>
/// The model as the inference of Unity's ML-Agents package expects it (version 3 of its models). The package feeds
/// observations, masks and memories and nothing else, so that the previous action, the reward, the flag and the time go
/// into the vector observation, which is the whole input row. Actions are drawn by the model itself. With images,
/// <c>obs_0</c> is the image and <c>obs_1</c> the row, for the package orders its sensors by their names, and
/// 'CameraSensor' comes before 'VectorSensor'.
/// </summary>
static class UnityModel
{
    const float Version = 3;

    public static void Add(OnnxGraph graph, PolicyStep step, Policy network)
    {
        const int B = OnnxGraph.Batch;
        ActionSpace space = network.Action;
        (int K, int C, int M) = (space.Choices, space.Numbers, step.StateWidth);
        string? image = network.Row.Features > 0 ? Image(graph, network.Observation) : null;
        string row = graph.Input(image is null ? "obs_0" : "obs_1", B, step.RowWidth);
        string? allowed = K > 0 ? graph.Input("action_masks", B, space.Size) : null;
        string state = graph.Reshape("state", graph.Input("recurrent_in", B, 1, M), B, M);

        (string outputs, _, string next) = step.Add(row, image, state);
        var heads = new ActionHeads(graph, network, outputs, allowed);
        Constant("version_number", [1], Version);
        Constant("memory_size", [1], M);
        if (C > 0)
        {
            string noise = graph.Node("noise", "RandomNormalLike", [heads.Means]);
            graph.Output("continuous_actions", heads.DrawnNumbers("drawn_numbers", noise), OnnxElement.Float32, B, C);
            Constant("continuous_action_output_shape", [1], C);
            graph.Output("deterministic_continuous_actions", heads.MeanNumbers("likeliest_numbers"),
                OnnxElement.Float32, B, C);
        }
        if (K > 0)
        {
            string sampled = heads.Sampled("sampled", k => graph.Node($"uniform_{k}", "RandomUniformLike",
                [graph.Columns($"uniform_{k}_shape", heads.Logits, 0, 1)]));
            graph.Output("discrete_actions", sampled, OnnxElement.Int64, B, K);
            Constant("discrete_action_output_shape", [1, K],
                [.. Enumerable.Range(0, K).Select(k => (float)space.SizeOf(k))]);
            graph.Output("deterministic_discrete_actions", heads.Likeliest("likeliest"), OnnxElement.Int64, B, K);
        }
        graph.Output("recurrent_out", graph.Reshape("next_state", next, B, 1, M), OnnxElement.Float32, B, 1, M);

        void Constant(string name, int[] shape, params float[] values) => graph.Output(
            name, graph.Node($"{name}_constant", "Constant", [], OnnxAttribute.Numbers("value", shape, values)),
            OnnxElement.Float32, shape);
    }

    // The package's images are planes of numbers from 0 to 1.
    static string Image(OnnxGraph graph, ObservationSpace space)
    {
        string planes = graph.Input("obs_0", OnnxGraph.Batch, space.Channels, space.Height, space.Across);
        string doubled = graph.Node("image_scaled", "Mul", [planes, graph.Number(2)]);
        return graph.Node("image_centred", "Sub", [doubled, graph.Number(1)]);
    }
}
