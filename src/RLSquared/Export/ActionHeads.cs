using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Export;

/// <summary>What a policy's A logits and C means, [B, A + C], come to, as ONNX nodes.</summary>
sealed class ActionHeads
{
    readonly OnnxGraph graph;
    readonly ActionSpace space;
    readonly float[] logDeviations;

    /// <summary>The logits and means.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="network">Whose actions.</param>
    /// <param name="outputs">[B, A + C].</param>
    /// <param name="allowed">1 for an option that may be chosen, else 0, [B, A]; null where all may.</param>
    public ActionHeads(OnnxGraph graph, Policy network, string outputs, string? allowed)
    {
        (this.graph, space) = (graph, network.Action);
        logDeviations = new float[space.Numbers];
        network.CopyLogDeviations(logDeviations);
        int A = space.Size, C = space.Numbers;
        Logits = C == 0 ? outputs : A == 0 ? "" : graph.Columns("choice_outputs", outputs, 0, A);
        Means = C == 0 ? "" : A == 0 ? outputs : graph.Columns("number_outputs", outputs, A, A + C);
        if (allowed is null || A == 0)
            return;
        string forbidden = graph.Node("forbidden", "Sub", [allowed, graph.Number(1)]);
        string added = graph.Node("forbidden_logits", "Mul", [forbidden, graph.Number(-ActionMasks.Forbidden)]);
        Logits = graph.Node("allowed_logits", "Add", [Logits, added]);
    }

    /// <summary>The logits of all choices, [B, A], where there are choices.</summary>
    public string Logits { get; }

    /// <summary>The means of the numbers, [B, C], where there are numbers.</summary>
    public string Means { get; }

    /// <summary>log σ of the numbers, [C].</summary>
    public ReadOnlySpan<float> LogDeviations => logDeviations;

    /// <summary>The likeliest option of each choice, [B, K].</summary>
    public string Likeliest(string name) => OfChoices(name, (part, logits, k) => Highest(part, logits));

    /// <summary>
    /// The options that uniform numbers from 0 to 1 select, [B, K]: the inverse of the cumulated chances.
    /// </summary>
    /// <param name="name">Of the result.</param>
    /// <param name="uniform">The numbers of choice k, [B, 1].</param>
    public string Sampled(string name, Func<int, string> uniform) => OfChoices(name, (part, logits, k) =>
    {
        int size = space.SizeOf(k);
        if (size == 1)
            return Highest(part, logits);
        string chances = graph.Node($"{part}_chances", "Softmax", [logits], OnnxAttribute.Integer("axis", 1));
        string sums = graph.Node($"{part}_sums", "CumSum", [chances, graph.Integer(1)]);
        // As many sums as the number has reached lie before the option; the last sum is 1 and cannot be reached.
        string reached = graph.Node($"{part}_reached", "LessOrEqual",
            [graph.Columns($"{part}_sums_before", sums, 0, size - 1), uniform(k)]);
        string ones = graph.Cast($"{part}_ones", reached, OnnxElement.Float32);
        string count = graph.Node($"{part}_count", "ReduceSum", [ones, graph.Integers(1)]);
        return graph.Cast($"{part}_option", count, OnnxElement.Int64);
    });

    /// <summary>The means as a task gets them, [B, C].</summary>
    public string MeanNumbers(string name) => Limited(name, Means);

    /// <summary>Numbers that are drawn, as a task gets them, [B, C].</summary>
    /// <param name="name">Of the result.</param>
    /// <param name="normal">Standard normal numbers, [B, C].</param>
    public string DrawnNumbers(string name, string normal)
    {
        float[] deviations = [.. logDeviations.Select(MathF.Exp)];
        string spread = graph.Node(
            $"{name}_spread", "Mul", [normal, graph.Numbers("deviations", deviations, deviations.Length)]);
        return Limited(name, graph.Node($"{name}_drawn", "Add", [Means, spread]));
    }

    string Limited(string name, string numbers) =>
        graph.Node(name, "Clip", [numbers, graph.Scalar(-1), graph.Scalar(1)]);

    string Highest(string part, string logits) =>
        graph.Node($"{part}_option", "ArgMax", [logits], OnnxAttribute.Integer("axis", 1));

    string OfChoices(string name, Func<string, string, int, string> choose)
    {
        string[] options = new string[space.Choices];
        for (int k = 0; k < options.Length; k++)
        {
            string part = options.Length == 1 ? name : $"{name}_{k}";
            options[k] = choose(part, ChoiceLogits(part, k), k);
        }
        return graph.Beside(name, options);
    }

    string ChoiceLogits(string part, int k)
    {
        int start = space.StartOf(k);
        return space.Choices == 1 ? Logits
            : graph.Columns($"{part}_logits", Logits, start, start + space.SizeOf(k));
    }
}
