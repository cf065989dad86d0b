using RLSquared.Cluster.Doors;

namespace RLSquared.Cluster.Tests.Doors;

public sealed class BuildTests
{
    [Fact]
    public void The_same_build_on_the_same_kind_of_machine_is_let_in() =>
        Assert.Null(Build.Current.Complaint("b", Build.Current with { }));

    [Fact]
    public void A_worker_of_another_commit_of_other_code_or_of_other_vectors_is_refused_by_name()
    {
        Build own = Build.Current;
        Assert.Equal($"worker 'b' is RLSquared 0.0.9+abc (code {own.Code}), and the training is {own.Version} " +
            $"(code {own.Code}); use the same build on both sides",
            own.Complaint("b", own with { Version = "0.0.9+abc" }));
        Assert.Contains("(code 0123)", own.Complaint("b", own with { Code = "0123" }), StringComparison.Ordinal);
        Assert.Equal($"worker 'b' computes on X64, 128-bit vectors, and the training on {own.Arithmetic}, so its " +
            "bits would differ; use machines and a .NET runtime of the same kind",
            own.Complaint("b", own with { Arithmetic = "X64, 128-bit vectors" }));
    }
}
