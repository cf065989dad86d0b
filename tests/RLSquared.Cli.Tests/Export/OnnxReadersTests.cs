using Microsoft.ML.OnnxRuntime;
using RLSquared.Export;
using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Cli.Tests.Export;

/// <summary>
/// What programs of others make of the models: the format's own checker, and an engine that runs them.
/// </summary>
public sealed class OnnxReadersTests(ITestOutputHelper output) : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [ToolsFact("python:onnx")]
    public void Every_model_passes_the_formats_own_checker()
    {
        List<string> paths = [];
        ForEachModel([13, 17], (path, _, _, _) => paths.Add(path));
        string report = Tools.Run(
            Tools.Find("python:onnx")!, [Path.Combine(Tools.Folder, "onnx", "check.py"), .. paths], seconds: 120);
        Assert.Equal(paths.Count, report.TrimEnd().Split('\n').Length);
    }

    // Both count in floats of 32 bits, but add in other orders and have other exponentials: some 1e-7 per step.
    [Fact]
    public void Every_model_plays_whole_trials_in_another_engine_as_we_do()
    {
        using SessionOptions options = OneThread();
        List<EngineComparison> played = [];
        ForEachModel([13, 21], (path, model, network, task) =>
        {
            var comparison = new EngineComparison(Path.GetFileName(path));
            using var session = new InferenceSession(path, options);
            foreach (int lanes in (int[])[1, 5])
                PlayedTrial.Play(network, task, lanes, seed: 7).Compare(model, session, comparison);
            played.Add(comparison);
        });
        output.WriteLine($"the largest difference of {played.Count} models: {played.MaxBy(model => model.Largest)}");
        Assert.All(played, model =>
        {
            Assert.Empty(model.Failures);
            Assert.Equal(24, model.Steps);
            Assert.True(model.Numbers > 24);
            Assert.True(model.Largest < 1e-5, model.ToString());
        });
    }

    static SessionOptions OneThread() => new()
    {
        IntraOpNumThreads = 1,
        InterOpNumThreads = 1,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
    };

    void ForEachModel(int[] opsets, Action<string, OnnxModel, Policy, TaskDistribution> visit)
    {
        foreach ((string name, TaskDistribution task, object options) in OnnxVariants.All)
        {
            using Policy network = OnnxVariants.Network(task, options);
            foreach (OnnxProfile profile in Enum.GetValues<OnnxProfile>())
            {
                foreach (OnnxGru gru in Enum.GetValues<OnnxGru>())
                    Visit($"{name}-{profile}-{gru}", OnnxVariants.Options(task, profile) with { Gru = gru });
            }
            foreach (int opset in name is "mixed" or "cells" or "image-normalised" ? opsets : [])
                Visit($"{name}-{opset}", new OnnxOptions { Opset = opset });

            void Visit(string title, OnnxOptions how)
            {
                OnnxModel model = OnnxExport.Build(network, how, new OnnxSource(task.Name, "rl2", 0));
                string path = Path.Combine(folder, $"{title}.onnx");
                model.Save(path);
                visit(path, model, network, task);
            }
        }
    }
}
