"""The items API as the reference architecture has it, on FastAPI: what the sample application is compared with.

Its OpenAPI document and the answers in the reference's text say how it looks; nothing more than they need is here.
"""

import itertools
from datetime import datetime

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

SERVICE = "fastapi-ecs-demo"

app = FastAPI(title="FastAPI ECS Demo", description="Demo API for AWS ECS/Fargate deployment", version="1.0.0")


class HealthResponse(BaseModel):
    status: str
    timestamp: str
    service: str


class ItemCreate(BaseModel):
    name: str
    description: str | None = None
    price: float


class Item(BaseModel):
    id: int
    name: str
    description: str | None = None
    price: float


class Items:
    """The items in memory, with the two samples."""

    def __init__(self):
        self.by_id = {}
        self.ids = itertools.count(1)
        self.add(ItemCreate(name="Widget", description="A useful widget", price=19.99))
        self.add(ItemCreate(name="Gadget", description="An amazing gadget", price=29.99))

    def add(self, draft: ItemCreate) -> Item:
        item = Item(id=next(self.ids), **draft.model_dump())
        self.by_id[item.id] = item
        return item

    def must_have(self, item_id: int) -> None:
        if item_id not in self.by_id:
            raise HTTPException(status_code=404, detail="Item not found")


items = Items()


@app.get("/health", response_model=HealthResponse)
async def health_check() -> HealthResponse:
    """Health check endpoint used by AWS ECS/ALB target group health checks."""
    return HealthResponse(status="healthy", timestamp=datetime.utcnow().isoformat(), service=SERVICE)


@app.get("/")
async def root() -> dict[str, str]:
    """Root endpoint with service information."""
    return {"service": SERVICE, "version": app.version, "docs": "/docs", "health": "/health"}


@app.get("/items", response_model=list[Item])
async def list_items() -> list[Item]:
    """Retrieve all items from the database."""
    return list(items.by_id.values())


@app.get("/items/{item_id}", response_model=Item)
async def get_item(item_id: int) -> Item:
    """Retrieve one item."""
    items.must_have(item_id)
    return items.by_id[item_id]


@app.post("/items", response_model=Item)
async def create_item(item: ItemCreate) -> Item:
    """Create a new item."""
    return items.add(item)


@app.put("/items/{item_id}", response_model=Item)
async def update_item(item_id: int, item: ItemCreate) -> Item:
    """Replace an item."""
    items.must_have(item_id)
    items.by_id[item_id] = Item(id=item_id, **item.model_dump())
    return items.by_id[item_id]


@app.delete("/items/{item_id}")
async def delete_item(item_id: int) -> dict[str, str]:
    """Delete an item."""
    items.must_have(item_id)
    del items.by_id[item_id]
    return {"message": f"Item {item_id} deleted"}
