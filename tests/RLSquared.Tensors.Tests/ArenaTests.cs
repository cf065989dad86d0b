namespace RLSquared.Tensors.Tests;

public sealed class ArenaTests
{
    [Fact]
    public void Tensors_lie_apart_and_aligned_to_a_cache_line()
    {
        using var arena = new Arena();
        Tensor a = arena.Zeros(new Shape(3)), b = arena.Copy(new Shape(2), [1, 2]);
        Assert.Equal([0, 0, 0], a.Span.ToArray());
        Assert.Equal([1, 2], b.Span.ToArray());
        Assert.Equal(128, arena.Used);                       // 12 and 8 bytes, each rounded up to 64
    }

    [Fact]
    public void A_step_that_outgrows_its_blocks_gets_one_block_of_the_whole_size_next_time()
    {
        using var arena = new Arena(capacity: 64);
        for (int i = 0; i < 50; i++)
            arena.Zeros(new Shape(5000)).Span.Fill(i);       // 20 KB each
        long used = arena.Used;
        arena.Reset();
        Assert.Equal(0, arena.Used);
        Tensor first = arena.Allocate(new Shape(5000)), last = first;
        for (int i = 1; i < 50; i++)
            last = arena.Allocate(new Shape(5000));
        Assert.Equal(used, arena.Used);
        unsafe
        {
            Assert.Equal(49 * 20032, (byte*)last.Data - (byte*)first.Data);   // 20,000 rounded up to 64, in one block
        }
    }

    [Fact]
    public void Numbers_written_before_the_arena_grows_stay()
    {
        using var arena = new Arena();
        Tensor[] tensors = [.. Enumerable.Range(0, 100).Select(i => arena.Copy(new Shape(1000), Filled(i)))];
        for (int i = 0; i < 100; i++)
            Assert.Equal(Filled(i), tensors[i].Span.ToArray());
        static float[] Filled(int i) => [.. Enumerable.Repeat((float)i, 1000)];
    }

    [Fact]
    public void A_tensor_cannot_be_read_after_its_step()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor tensor = arena.Zeros(new Shape(2, 3));
        Indices indices = arena.AllocateIndices(2);
        arena.Reset();
        const string ended = "the tensor [2, 3] belongs to a step that has ended: its arena was reset";
        Assert.Equal(ended, Assert.Throws<InvalidOperationException>(() => tensor.Span.Length).Message);
        Assert.Equal(ended, Assert.Throws<InvalidOperationException>(() => tape.Constant(tensor).Span.Length).Message);
        Assert.Equal("these indices belong to a step that has ended: its arena was reset",
            Assert.Throws<InvalidOperationException>(() => indices.Span.Length).Message);
    }

    [Fact]
    public void What_is_no_tensor_says_so()
    {
        Assert.Equal("there is no tensor here: a default value was used",
            Assert.Throws<InvalidOperationException>(() => default(Tensor).Span.Length).Message);
        Assert.Equal("no tensor", default(Tensor).ToString());
    }

    [Fact]
    public void Values_that_do_not_fill_the_shape_are_refused()
    {
        using var arena = new Arena();
        Assert.Equal("3 values do not fill a tensor of shape [2, 2]",
            Assert.Throws<ArgumentException>(() => arena.Copy(new Shape(2, 2), [1, 2, 3])).Message);
    }

    [Fact]
    public void Item_is_for_single_numbers_only()
    {
        using var arena = new Arena();
        Assert.Equal(7, arena.Copy(new Shape(1, 1), [7]).Item);
        Assert.Equal("a tensor of shape [2] holds 2 numbers, not one",
            Assert.Throws<InvalidOperationException>(() => arena.Zeros(new Shape(2)).Item).Message);
    }

    [Fact]
    public void A_tensor_shows_its_shape_and_first_numbers()
    {
        using var arena = new Arena();
        Assert.Equal("[3] { 1, 2, 3 }", arena.Copy(new Shape(3), [1, 2, 3]).ToString());
        Assert.Equal("[9] { 0, 0, 0, 0, 0, 0, 0, 0, … }", arena.Zeros(new Shape(9)).ToString());
    }
}
