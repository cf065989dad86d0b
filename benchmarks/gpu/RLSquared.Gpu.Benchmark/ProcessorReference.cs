using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Gpu.Benchmark;

/// <summary>The gradient of one minibatch as the engine finds it on the processor.</summary>
static class ProcessorReference
{
    /// <summary>The gradients by parameter.</summary>
    public static Dictionary<string, float[]> Gradients(
        CardRl2Options options, Policy network, CardBatch batch, float entropyWeight)
    {
        (int T, int B) = (options.Pulls, options.Minibatch);
        int count = T * B;
        using var arena = new Arena();
        var tape = new Tape(arena);
        Indices ones = arena.CopyIndices(batch.Indices), taken = arena.CopyIndices(batch.Actions);
        Tensor dense = tape.Constant(new Shape(T, B, options.Numbers), batch.Dense);
        var input = new PolicyInput { Rows = new SequenceInput(T, B, dense, ones, 1) };
        var column = new Shape(count, 1);
        Tensor old = tape.Constant(column, batch.LogProbabilities), target = tape.Constant(column, batch.Targets);
        Tensor advantage = tape.Constant(column, batch.Advantages);
        (PolicyDistribution policy, Tensor values) = network.Forward(tape, in input);
        Tensor ratio = (policy.LogProbability(new TakenActions(taken, default)) - old).Exp();
        Tensor clipped = ratio.Clamp(1 - options.Clip, 1 + options.Clip);
        Tensor policyLoss = -(Tensor.Min(ratio * advantage, clipped * advantage)).Sum() * (1f / count);
        Tensor valueLoss = (values.Reshape(column) - target).Square().Sum() * (1f / count);
        Tensor entropy = policy.Entropy().Sum() * (1f / count);
        tape.Backward(policyLoss + valueLoss * options.ValueWeight - entropy * entropyWeight);
        var gradients = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (Parameter parameter in network.Parameters.All)
        {
            gradients.Add(parameter.Name, tape.TryGradientOf(parameter, out Tensor gradient)
                ? HostNumbers.Read(gradient) : new float[parameter.Value.Shape.Count]);
        }
        return gradients;
    }
}
