"""What a good developer writes in an afternoon: FastAPI, Pydantic in and out, Motor. The measure of the others.

`uvicorn benchmarks.service.baseline:app`, with BASELINE_MONGODB_URI in the environment.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from bson import ObjectId
from fastapi import FastAPI, HTTPException, Request
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import BaseModel, BeforeValidator, Field


class Customer(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    email: str = Field(pattern="^[^@]+@[^@]+$")


class Line(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    quantity: int = Field(ge=1)
    price: float = Field(ge=0)


class NewOrder(BaseModel):
    number: int = Field(ge=1)
    customer: Customer
    lines: list[Line] = Field(min_length=1)
    paid: bool
    note: str | None = None


class Order(NewOrder):
    id: Annotated[str, BeforeValidator(str)] = Field(alias="_id")
    created_at: datetime


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["BASELINE_MONGODB_URI"])
    application.state.orders = client["benchmark"]["baseline"]
    yield
    client.close()


app = FastAPI(lifespan=lifespan)


@app.post("/data", response_model=Order, status_code=201)
async def create(order: NewOrder, request: Request) -> Any:
    document = {**order.model_dump(), "created_at": datetime.now(UTC)}
    await request.app.state.orders.insert_one(document)
    return document


@app.post("/data/each", response_model=list[Order], status_code=201)
async def create_each(orders: list[NewOrder], request: Request) -> Any:
    return [await create(order, request) for order in orders]


@app.post("/data/bulk", response_model=list[Order], status_code=201)
async def create_all(orders: list[NewOrder], request: Request) -> Any:
    now = datetime.now(UTC)
    documents = [{**order.model_dump(), "created_at": now} for order in orders]
    await request.app.state.orders.insert_many(documents)
    return documents


@app.get("/data/{order_id}", response_model=Order)
async def get(order_id: str, request: Request) -> Any:
    document = await request.app.state.orders.find_one({"_id": ObjectId(order_id)})
    if document is None:
        raise HTTPException(404)
    return document


@app.get("/data", response_model=list[Order])
async def page(request: Request, limit: int = 50) -> Any:
    return await request.app.state.orders.find().sort("_id", 1).limit(limit).to_list(limit)
