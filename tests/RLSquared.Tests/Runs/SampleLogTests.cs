using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Tests.Runs;

public sealed class SampleLogTests : IDisposable
{
    readonly string path = Path.Combine(TemporaryFolder.Make(), "samples.jsonl");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [Fact]
    public void Lines_become_rarer_as_a_run_becomes_longer()
    {
        List<int> lines = [];
        for (int iteration = 1; iteration <= 800; iteration++)
        {
            if (SampleLog.IsDue(iteration, lines.Count == 0 ? 0 : lines[^1]))
                lines.Add(iteration);
        }
        Assert.Equal(Enumerable.Range(1, 100), lines.Take(100));
        Assert.Equal([102, 104], lines.Skip(100).Take(2));
        Assert.Equal(100 + 50 + 50 + 50, lines.Count);
        Assert.Equal(8, lines[^1] - lines[^2]);
    }

    [Fact]
    public void An_iteration_that_drew_nothing_has_no_line_and_a_run_that_goes_on_drops_later_ones()
    {
        using (var log = SampleLog.Open(path, 0))
        {
            for (int iteration = 1; iteration <= 6; iteration++)
                Write(log, iteration, draws: iteration % 2 == 1);
        }
        string whole = File.ReadAllText(path);
        Assert.Equal([1, 3, 5], whole.TrimEnd('\n').Split('\n').Select(line =>
            JsonDocument.Parse(line).RootElement.GetProperty("iteration").GetInt32()));
        using (var log = SampleLog.Open(path, 4))
        {
            Assert.Equal(2, File.ReadAllText(path).Count(letter => letter == '\n'));
            Write(log, 5, draws: true);
        }
        Assert.Equal(whole, File.ReadAllText(path));
        File.AppendAllText(path, "nonsense\n");
        Assert.Contains("line 4", Assert.Throws<InvalidDataException>(() => SampleLog.Open(path, 9)).Message);
    }

    static void Write(SampleLog log, int iteration, bool draws) =>
        log.Write(new IterationReport(iteration, 10 * iteration, 0, 0, 0, []), new Drawing(draws));

    sealed class Drawing(bool draws) : ISampledAlgorithm
    {
        public string Name => "drawing";
        public long Steps => 0;
        public ParameterSet Parameters => throw new NotSupportedException();
        public IterationReport Iterate(double progress) => throw new NotSupportedException();
        public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
            throw new NotSupportedException();
        public void VisitState(StateVisitor visitor) => throw new NotSupportedException();
        public void Dispose() { }

        public bool WriteSamples(Utf8JsonWriter json)
        {
            if (draws)
                json.WriteString("said", "something");
            return draws;
        }
    }
}
