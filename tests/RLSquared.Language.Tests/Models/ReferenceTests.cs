using System.Text;
using System.Text.Json;
using RLSquared.Language.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Models;

/// <summary>
/// Every family against an independent program: <c>benchmarks/pytorch/language_reference.py</c> wrote
/// <c>reference.json</c> beside this file in double precision, with PyTorch's automatic differentiation.
/// </summary>
public class ReferenceTests
{
    static readonly JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(Judges.Tests, "RLSquared.Language.Tests", "Models", "reference.json")));

    public static TheoryData<string> Names =>
        [.. reference.RootElement.GetProperty("models").EnumerateObject().Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Log_probabilities_and_gradients_are_those_of_an_independent_program(string name)
    {
        JsonElement wanted = reference.RootElement.GetProperty("models").GetProperty(name);
        ModelConfiguration configuration = ModelConfigurationFile.Parse(
            Encoding.UTF8.GetBytes(wanted.GetProperty("config").GetRawText()));
        using LanguageModel model = LanguageModel.Create(configuration);
        int t = 0;
        foreach (Parameter parameter in model.Parameters.All)
        {
            float[] numbers = new float[parameter.Value.Shape.Count];
            double one = parameter.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0;
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = (float)(0.3 * Math.Sin(1.7 * i + 0.9 * t + 0.3) + one);
            parameter.Value.CopyFrom(numbers);
            t++;
        }

        var batch = new PackedBatch();
        List<double> logs = [];
        foreach (JsonElement sequence in wanted.GetProperty("sequences").EnumerateArray())
            batch.Add([.. sequence.EnumerateArray().Select(id => id.GetInt32())]);
        foreach (JsonElement part in wanted.GetProperty("log_probabilities").EnumerateArray())
            logs.AddRange(part.EnumerateArray().Select(one => one.GetDouble()));
        float[] weights = new float[batch.Count];
        for (int i = 0; i < logs.Count; i++)
            weights[batch.Scored[i]] = (float)Math.Sin(i + 1);

        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor found = model.LogProbabilities(tape, batch).LogProbabilities;
        Tensor loss = (found * tape.Constant(found.Shape, weights)).Sum();
        tape.Backward(loss);
        float[] values = found.ToArray();
        for (int i = 0; i < logs.Count; i++)
            Assert.Equal(logs[i], values[batch.Scored[i]], 2e-5);
        Assert.Equal(wanted.GetProperty("loss").GetDouble(), loss.Read(), 1e-4);

        JsonElement gradients = wanted.GetProperty("gradients");
        Assert.Equal(gradients.EnumerateObject().Select(one => one.Name), model.Parameters.All.Select(one => one.Name));
        foreach (Parameter parameter in model.Parameters.All)
        {
            Assert.True(tape.TryGradientOf(parameter, out Tensor gradient), parameter.Name);
            float[] own = gradient.ToArray();
            JsonElement judge = gradients.GetProperty(parameter.Name);
            double norm = judge.GetProperty("norm").GetDouble(), close = 1e-5 + 3e-5 * norm;
            double along = 0;
            for (int i = 0; i < own.Length; i++)
                along += own[i] * Math.Cos(2.3 * i);
            Assert.Equal(norm, Math.Sqrt(own.Sum(one => (double)one * one)), close);
            Assert.Equal(judge.GetProperty("along").GetDouble(), along, 4 * close);
            foreach ((JsonElement first, float mine) in judge.GetProperty("first").EnumerateArray().Zip(own))
                Assert.Equal(first.GetDouble(), mine, close);
        }
    }
}
